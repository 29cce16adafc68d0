"""What a register's records must be like, as a pandera schema made from its definition, and its complaints in Chinese.

pandera is imported when a schema is built: only imports need it, and every other command starts faster without.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoapp.domain.frame import column_dtypes
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Field, Layer
from geoapp.domain.uscc import is_uscc

if TYPE_CHECKING:
    from pandera.pandas import Check, Column, DataFrameSchema

CLEAR_BAD_VALUES = "clear-bad-values"
CLEAR_UNKNOWN_CODES = "clear-unknown-codes"
DROP_ERROR_ROWS = "drop-error-rows"
KEEP_LAST_DUPLICATES = "keep-last-duplicates"

SHOWN_CODES = 12
"""How many admitted codes an advice lists."""
_DUPLICATE = "multiple_fields_uniqueness"


def frame_schema(layer: Layer, columns: list[str] | None = None) -> "DataFrameSchema":
    """Return the pandera schema of a register's frame.

    Parameters
    ----------
    layer : Layer
        The register.
    columns : list of str, optional
        Only these fields: a file need not bring all of them. Key uniqueness is asked for where the key is among them.
    """
    from pandera.pandas import DataFrameSchema

    dtypes = column_dtypes(layer)
    fields = [f for f in layer.fields if columns is None or f.name in columns]
    names = {f.name for f in fields}
    return DataFrameSchema(
        {f.name: _column(f, dtypes[f.name], layer) for f in fields},
        unique=list(layer.key) if names.issuperset(layer.key) else None,
        report_duplicates="all",
    )


def check_frame(frame: pd.DataFrame, layer: Layer) -> list[Issue]:
    """Return every breach of a register's rules: type, required, range, codes, length, check digit, key uniqueness.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Columns of the register in its dtypes (see `domain.frame.conform`); those it lacks are not checked. The index
        is the row in the user's file.
    layer : Layer
        The register.

    Returns
    -------
    list of Issue, by row; each with row, key, field label, value, what is right and the fix that helps
    """
    from pandera.errors import SchemaErrors

    names = [name for name in layer.field_names if name in frame]
    records = pd.DataFrame(frame[names]).reset_index(drop=True)
    try:
        frame_schema(layer, names).validate(records, lazy=True)
    except SchemaErrors as errors:
        failures = errors.failure_cases
    else:
        return []
    issues = [*_value_issues(failures, frame, layer), *_duplicate_issues(failures, frame, layer)]
    return sorted(issues, key=lambda issue: issue.row or 0)


def missing_columns(frame: pd.DataFrame, layer: Layer, is_new: np.ndarray) -> list[Issue]:
    """Return what new records lack because the file has no such column at all: errors for required fields.

    Parameters
    ----------
    frame : DataFrame
        As for `check_frame`.
    layer : Layer
        The register.
    is_new : array of bool
        Which rows are not in the register yet; existing ones keep their stored values.
    """
    absent = [f for f in layer.fields if f.required and f.name not in frame and f.name not in layer.key]
    if not is_new.any():
        return []
    return [
        Issue(
            code="required-column-missing",
            severity=Severity.ERROR,
            message=f"文件里没有“{f.zh}”这一列，而 {int(is_new.sum())} 条新记录必须有它。",
            advice=f"请补上“{f.zh}”列，或在列的对应里指定哪一列是它。",
            field=f.label,
        )
        for f in absent
    ]


def record_labels(frame: pd.DataFrame, layer: Layer) -> list[str | None]:
    """Return each record's key in words, None where a part of it is missing or not there."""
    if not set(layer.key) <= set(frame.columns):
        return [None] * len(frame)
    is_missing = frame[list(layer.key)].isna().any(axis=1)
    parts = [frame[name].astype("str").fillna("").tolist() for name in layer.key]
    words = map(" ".join, zip(*parts, strict=True))
    return [None if missing else word for word, missing in zip(words, is_missing, strict=True)]


def right_form(field: Field) -> str:
    """Return what a value of a field should look like, in Chinese.

    Examples
    --------
    >>> right_form(Field(name="p", dtype="number", unit="percent", zh="比例", en="Share", minimum=0, maximum=100))
    '应为数，不小于 0，不大于 100（单位：%）。'
    """
    words = {
        "string": "文字",
        "integer": "整数",
        "number": "数",
        "boolean": "“是”或“否”",
        "date": "日期（如 2023-06-01）",
    }
    parts = [f"应为{words[field.dtype]}"]
    if field.codes:
        shown = "、".join(f"{c.value} {c.zh}" for c in field.codes[:SHOWN_CODES])
        parts = [f"应为以下之一：{shown}{' 等' if len(field.codes) > SHOWN_CODES else ''}"]
    if field.check == "uscc":
        parts = ["应为 18 位统一社会信用代码，末位是校验码"]
    if field.minimum is not None:
        parts.append(f"不小于 {field.minimum:g}")
    if field.maximum is not None:
        parts.append(f"不大于 {field.maximum:g}")
    if field.max_length is not None:
        parts.append(f"不超过 {field.max_length} 个字")
    unit = field.label.removeprefix(field.zh).strip("()")
    return "，".join(parts) + (f"（单位：{unit}）。" if unit else "。")


def _column(field: Field, dtype: str, layer: Layer) -> "Column":
    from pandera.pandas import Column

    is_required = field.required or field.name in layer.key
    return Column(dtype, checks=list(_checks(field)), nullable=not is_required)


def _checks(field: Field) -> Iterator["Check"]:
    from pandera.pandas import Check

    if field.minimum is not None:
        yield Check.ge(field.minimum, error="below-minimum")
    if field.maximum is not None:
        yield Check.le(field.maximum, error="above-maximum")
    if field.max_length is not None:
        yield Check.str_length(max_value=field.max_length, error="too-long")
    if field.codes:
        admitted = {code.value for code in field.codes}
        yield Check(lambda values: values.astype("str").isin(admitted), error="unknown-code")
    if field.check == "uscc":
        yield Check(is_uscc, error="bad-uscc")


_MESSAGES = {
    "not_nullable": "必须填写",
    "below-minimum": "小于允许的最小值",
    "above-maximum": "大于允许的最大值",
    "too-long": "太长",
    "unknown-code": "不在代码表里",
    "bad-uscc": "不是有效的统一社会信用代码（校验码不符）",
}
_CODES = {"not_nullable": "required-missing"}
_FIXES = {"not_nullable": DROP_ERROR_ROWS, "unknown-code": CLEAR_UNKNOWN_CODES}


def _value_issues(failures: pd.DataFrame, frame: pd.DataFrame, layer: Layer) -> Iterator[Issue]:
    keys = record_labels(frame, layer)
    for check, column, value, place in _failed(failures):
        if check == _DUPLICATE:
            continue
        field = layer.field(column)
        if check not in _MESSAGES:
            yield Issue(code="wrong-type", severity=Severity.ERROR, field=field.label, value=str(value),
                        message=f"“{field.zh}”整列的类型不对。", advice=right_form(field))  # fmt: skip
            continue
        is_missing = check == "not_nullable"
        is_fixed_by_row = field.required or field.name in layer.key
        yield Issue(
            code=_CODES.get(check, check),
            severity=Severity.ERROR,
            message=f"“{field.zh}”{_MESSAGES[check]}" + ("。" if is_missing else f"：{_shown(value)}。"),
            advice=right_form(field),
            row=int(frame.index[place]),
            key=keys[place],
            field=field.label,
            value=None if is_missing else _shown(value),
            fix=DROP_ERROR_ROWS if is_fixed_by_row else _FIXES.get(check, CLEAR_BAD_VALUES),
        )


def _duplicate_issues(failures: pd.DataFrame, frame: pd.DataFrame, layer: Layer) -> Iterator[Issue]:
    places = sorted({place for check, _, _, place in _failed(failures) if check == _DUPLICATE})
    keys = record_labels(frame, layer)
    rows: dict[str, list[int]] = {}
    for place in places:
        if (key := keys[place]) is not None:
            rows.setdefault(key, []).append(int(frame.index[place]))
    label = "、".join(layer.field(name).zh for name in layer.key)
    for key, found in rows.items():
        for row in found:
            others = "、".join(str(other) for other in found if other != row)
            yield Issue(
                code="duplicate-key", severity=Severity.ERROR, row=row, key=key, field=label, value=key,
                message=f"{label}“{key}”重复，第 {others} 行也是它。",
                advice="请改正编号；或选择“编号重复的只留最后一条”。", fix=KEEP_LAST_DUPLICATES,
            )  # fmt: skip


def _failed(failures: pd.DataFrame) -> Iterator[tuple[str, str, Any, int]]:
    """Return check, column, value and position of each failure; position 0 where a whole column failed."""
    places = failures["index"].fillna(0).astype("int64").tolist()
    checks, columns, values = (failures[name].tolist() for name in ("check", "column", "failure_case"))
    return zip(checks, columns, values, places, strict=True)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
