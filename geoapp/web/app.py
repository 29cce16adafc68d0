"""The web application: `create_app(settings)` is the only way to make one."""

import secrets
import tempfile
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.local import LocalProxy

from geoapp import __version__
from geoapp.domain.user import Permission
from geoapp.errors import SetupError, system_reason
from geoapp.resources import PACKAGE_DIR, resource_dir
from geoapp.services.accounts import open_accounts
from geoapp.services.alarms import alarm_count
from geoapp.services.chains import anchor_of
from geoapp.services.demo import shows_demo_data
from geoapp.services.proposals import open_proposals
from geoapp.services.uploads import UploadJobs
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web import (
    area_unit,
    compression,
    day_links,
    errors,
    filters,
    people,
    permissions,
    proposing,
    record_keeping,
    security,
)
from geoapp.web.people import People
from geoapp.web.tile_server import TileServer
from geoapp.web.views import VIEWS, account

VENDOR_STAMP = PACKAGE_DIR / "web" / "static" / "vendor" / "versions.sha256"
_KEY_CHARACTERS = 64


def create_app(settings: Settings) -> Flask:
    """Return the application of one installation; its workspace is `app.extensions["geoapp"]`.

    Raises
    ------
    SetupError
        The front-end files are missing, or the data folder, a register or a setting is wrong.
    """
    if not VENDOR_STAMP.is_file():
        raise SetupError("缺少前端文件（geoapp/web/static/vendor）。请用 pip install . 重新安装。")
    app = Flask("geoapp.web", static_folder=str(PACKAGE_DIR / "web" / "static"), static_url_path="/static")
    app.config.update(
        SECRET_KEY=_secret_key(settings.data_dir),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=0,
        # Between two starts the rule book, a register's style or the whole database may have been exchanged.
        START_ID=secrets.token_hex(4),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    workspace = open_workspace(settings)
    # While a request is answered, this is the installation as the person who asks may see it.
    app.extensions["geoapp"] = LocalProxy(lambda: people.seen_workspace(workspace))
    app.extensions["geoapp_uploads"] = UploadJobs(workspace)
    _set_up_templates(app, settings)
    CSRFProtect(app)
    everybody = People(app, settings, open_accounts(settings))
    everybody.accounts.store.anchor_with(lambda: anchor_of(workspace))
    people.init_app(app, everybody)
    proposing.init_app(app, open_proposals(workspace))
    workspace.store.sign_with(people.written_by)
    app.extensions[account.ATTEMPTS] = account.Attempts(settings.sign_in_per_minute)
    for feature in (
        security,
        permissions,
        errors,
        record_keeping,
        filters,
        area_unit,
        day_links,
        compression,
    ):
        feature.init_app(app)
    for view in VIEWS:
        app.register_blueprint(view.blueprint)
    app.wsgi_app = TileServer(app.wsgi_app, workspace, everybody)  # type: ignore[method-assign]
    return app


def _set_up_templates(app: Flask, settings: Settings) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A site may replace any template by one of the same name in its data folder.
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(settings.data_dir / "templates"), FileSystemLoader(resource_dir("templates"))]
    )
    vendor_version = VENDOR_STAMP.read_text(encoding="ascii")[:12]

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            "settings": settings,
            "app_version": __version__,
            "vendor_version": vendor_version,
            "navigation": _shown_navigation(),
            "alarm_count": lambda: alarm_count(app.extensions["geoapp"]),
            "has_plots": lambda: app.extensions["geoapp"].store.register_revision("plots") > 0,
            "shows_demo_data": shows_demo_data(app.extensions["geoapp"]),
        }


NAVIGATION = (
    ("/", "地图"),
    ("/statistics", "统计"),
    ("/targets", "目标"),
    ("/ledgers", "盘活"),
    ("/evaluation", "亩均"),
    ("/lists", "清单"),
    ("/projects", "项目"),
    ("/candidates", "候选"),
    ("/rules", "规则库"),
    ("/changes", "变化"),
    ("/whatif", "方案"),
    ("/imports", "导入"),
)
"""Address and words of the header's links; those of `NEEDS` are shown to whoever may open them."""
NEEDS = {"/imports": Permission.EDIT}


def _shown_navigation() -> list[tuple[str, str]]:
    found = people.person()
    return [
        (address, words)
        for address, words in NAVIGATION
        if found is not None and (address not in NEEDS or found.may(NEEDS[address]))
    ]


def _secret_key(data_dir: Path) -> str:
    """Return the installation's key for sessions and forms, made at the first start."""
    file = data_dir / "secret.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # One that was cut short, by a full disk or a lost power supply, is made anew: everybody signs in again.
        if not file.is_file() or len(file.read_bytes()) < _KEY_CHARACTERS:
            _make_key(file)
        return file.read_text(encoding="ascii")
    except OSError as error:
        raise SetupError(
            f"不能写入数据目录 {data_dir}：{system_reason(error)}。请检查路径、权限和磁盘空间。"
        ) from error


def _make_key(file: Path) -> None:
    """Write a new key whole or not at all, for nobody else to read."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".geoapp-") as folder:
        draft = Path(folder, file.name)
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(_KEY_CHARACTERS // 2), encoding="ascii")
        draft.replace(file)
