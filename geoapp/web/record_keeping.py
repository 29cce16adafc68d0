"""What an auditor asks for beside the revisions: every file and record taken away, every request that was refused."""

from collections.abc import Mapping

from flask import Flask, Response, request

from geoapp.domain.people_event import LONGEST_REASON, EventKind
from geoapp.services.exports import taken_words
from geoapp.web.people import accounts_by_requester, person

_DONE, _REFUSED = 200, 403
_DATA = ("application/json", "application/geo+json")
PAGE_DATA: Mapping[str, str] = {
    "candidates.blocks": "候选页自己的连片",
    "candidates.plot": "候选页打开一宗地的理由",
    "candidates.pool": "候选页自己的表格",
    "candidates.stability": "候选页自己的稳定性",
    "changes.shapes": "变化页自己的地图",
    "check.swap_shapes": "置换页自己的地图",
    "imports.state": "本人正在检查的文件",
    "layers.show": "地图上选中的一个图形",
    "map_edits.fields": "画新图形时要填的字段",
    "map_edits.shape": "正在编辑的图形",
    "map_work.goto": "地图的搜索",
    "map_work.labels": "地图上的注记",
    "map_work.nearest": "地图的最近距离",
    "map_work.position_of_point": "地图的坐标",
    "map_work.style": "地图的图例",
    "map_work.tip": "地图的提示",
    "search.show": "搜索框的候选",
    "sheet.show": "打印图幅的文字",
    "statistics.figures": "统计页自己的表格",
    "statistics.quadrants": "统计页自己的图",
    "statistics.quality": "统计页自己的数据质量",
    "statistics.shapes": "统计页自己的地图",
    "statistics.trend": "统计页自己的趋势",
    "table.check_filter": "筛选条件写成的文字",
    "table.fields": "表格的列名",
    "table.keys": "地图的地块清单",
    "table.page": "地图旁表格的一页",
}
"""What pages' own scripts fetch to show it, and for what; opened by its address it is taken away like any other."""
NO_RECORDS: Mapping[str, str] = {
    "static": "程序自己的文件",
    "assets.static": "程序自己的文件",
    "assets.favicon": "程序自己的图标",
    "assets.health": "只说程序是否启动",
}
"""Files and data with nothing of the district in them."""


def init_app(app: Flask) -> None:
    """Look at every answer before it goes out."""
    app.after_request(_keep)


def _keep(response: Response) -> Response:
    found = person()
    if found is None:
        return response
    if response.status_code == _REFUSED:
        accounts_by_requester().note(EventKind.REFUSED, reason=_asked(), after=f"角色 {found.role_zh}")
    elif response.status_code == _DONE and _is_taken_away(response):
        accounts_by_requester().note(
            EventKind.EXPORTED, reason=_asked(), after=taken_words(found.sight.level)
        )
    return response


def _is_taken_away(response: Response) -> bool:
    """Return whether an answer is a file, saved or shown, or data that no page has asked for itself."""
    if request.endpoint in NO_RECORDS:
        return False
    if response.headers.get("Content-Disposition"):
        return True
    if request.method != "GET" or response.mimetype not in _DATA:
        return False
    return not (request.endpoint in PAGE_DATA and "X-CSRFToken" in request.headers)


def _asked() -> str:
    return f"{request.method} {request.full_path.rstrip('?')}"[:LONGEST_REASON]
