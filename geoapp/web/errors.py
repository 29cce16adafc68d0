"""The only table from an error to a status code. No traceback ever reaches a page."""

import logging
import secrets

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from geoapp.errors import (
    ConflictError,
    FormatError,
    GeoappError,
    GoneError,
    InputError,
    NotFoundError,
    RefusedError,
    SetupError,
    SignInError,
    TooManyError,
    UsageError,
)

STATUS_CODES: tuple[tuple[type[GeoappError], int], ...] = (
    (NotFoundError, 404),
    (GoneError, 410),
    (ConflictError, 409),
    (SignInError, 401),
    (RefusedError, 403),
    (TooManyError, 429),
    (UsageError, 400),
    (FormatError, 422),
    (InputError, 422),
    (SetupError, 500),
)
TITLES = {
    400: "请求不正确", 401: "请先登录", 403: "不能这样做", 404: "没有找到", 405: "不能这样访问",
    409: "内容已被他人修改", 410: "记录已撤销",
    413: "文件太大", 422: "内容有问题", 429: "请求太频繁", 500: "出错了",
}  # fmt: skip
MESSAGES = {
    400: "请求的参数不正确。",
    404: "没有这个页面或记录。请检查地址。",
    405: "这个地址不支持这种访问方式。",
}

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Attach the handlers."""
    app.register_error_handler(CSRFError, _on_csrf_error)
    app.register_error_handler(RequestEntityTooLarge, _on_too_large)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_error)


def error_record(status: int, message: str) -> dict[str, object]:
    """Return an error as JSON says it."""
    return {"error": {"status": status, "title": TITLES.get(status, "出错了"), "message": message}}


def status_and_message(error: Exception, path: str) -> tuple[int, str]:
    """Return the status code and the words for an error; a bug is logged under a number that the words name."""
    if not isinstance(error, GeoappError):
        number = secrets.token_hex(4)
        logger.error("bug %s on %s", number, path, exc_info=error)
        return 500, f"程序出错，编号 {number}。请把编号告诉管理员，日志里有详情。"
    status = next((code for kind, code in STATUS_CODES if isinstance(error, kind)), 500)
    if status == 500:
        logger.error("setup error on %s: %s", path, error)
    return status, str(error)


def _answer(status: int, message: str) -> Response:
    if _wants_json():
        response = make_response(jsonify(error_record(status, message)))
    else:
        title = TITLES.get(status, "出错了")
        page = render_template("errors/error.html", status=status, title=title, message=message)
        response = make_response(page)
    response.status_code = status
    return response


def _wants_json() -> bool:
    if request.path.endswith((".json", ".geojson", ".csv")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _on_csrf_error(error: CSRFError) -> Response:
    logger.warning("refused form on %s: %s", request.path, error.description)
    return _answer(403, "表单已失效或来源不明，内容没有保存。请返回上一页，刷新后再提交。")


def _on_too_large(error: RequestEntityTooLarge) -> Response:
    del error
    return _answer(413, "上传的文件超过上限。请压缩、拆分后再传，或请管理员调大设置 max_upload_mb。")


def _on_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    return _answer(status, MESSAGES.get(status, "请求没有完成。"))


def _on_error(error: Exception) -> Response:
    return _answer(*status_and_message(error, request.path))
