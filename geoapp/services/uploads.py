"""Uploads of the web page: kept in a folder each, checked and stored in the background, found again after a reload."""

import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from geoapp.domain.revision import Revision
from geoapp.errors import (
    ConflictError,
    FormatError,
    GeoappError,
    NotFoundError,
    SetupError,
    system_reason,
)
from geoapp.services.import_file import accept_import, corrected_name, stage_import, write_corrected_file
from geoapp.services.import_staged import ImportOptions, StagedImport
from geoapp.services.upload_job import (
    JOB_FILE,
    UploadJob,
    UploadState,
    is_at_work,
    is_upload_id,
    load_job,
    safe_name,
    save_job,
    save_stream,
)
from geoapp.services.workspace import Workspace

KEPT_STAGED = 4
"""Staged imports held in memory; others are staged again when somebody looks at them."""
KEPT_FOR = timedelta(days=7)
_SAVE_EVERY_S = 0.3
_log = logging.getLogger(__name__)


class UploadJobs:
    """All uploads of one installation. Safe to share between threads; the web application keeps one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.settings.upload_dir
        self._jobs: dict[str, UploadJob] = {}
        self._staged: OrderedDict[str, StagedImport] = OrderedDict()
        self._threads: dict[str, threading.Thread] = {}
        self._saved_at: dict[str, float] = {}
        self._lock = threading.RLock()
        self._work = threading.Semaphore(2)

    def start_upload(self, register: str, stream: IO[bytes], file_name: str) -> UploadJob:
        """Save an uploaded file and begin to check it in the background.

        Parameters
        ----------
        register : str
            Id of the register.
        stream : binary file
            Read to its end, at most `Settings.max_upload_mb`.
        file_name : str
            As the browser sends it; only its last part is used.

        Raises
        ------
        NotFoundError
            No such register.
        FormatError
            No file name, an empty file, or one that is too large; nothing is kept.
        SetupError
            The disk is full or the folder cannot be written; nothing is kept.
        """
        self._workspace.layer(register)
        shown = re.split(r"[/\\]", file_name)[-1].strip()
        if not shown:
            raise FormatError("没有选择文件。请选择要导入的文件。")
        job = UploadJob(
            id=secrets.token_hex(16), register=register, file_name=shown, stored_name=safe_name(shown),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"), process=os.getpid(),
        )  # fmt: skip
        self.clean_up()
        folder = self._folder / job.id
        try:
            folder.mkdir(parents=True)
            save_stream(stream, folder / job.stored_name, self._workspace.settings.max_upload_mb)
        except FormatError:
            shutil.rmtree(folder)
            raise
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise SetupError(
                f"“{shown}”没有收下：{system_reason(error)}。"
                f"请管理员检查 {self._folder} 的空间和权限，再上传一次。"
            ) from error
        self._begin(job, self._stage)
        return self.job(job.id)

    def job(self, upload_id: str) -> UploadJob:
        """Return an upload as it stands; work that a stopped server left unfinished begins again.

        Raises
        ------
        NotFoundError
            No such upload, or it was cleaned up.
        """
        with self._lock:
            job = self._jobs.get(upload_id)
            if job is not None:
                return job
        if not is_upload_id(upload_id):
            raise NotFoundError("没有这次上传。请重新上传文件。")
        job = load_job(self._folder / upload_id)
        if job.is_busy and not is_at_work(job.process):
            self._begin(replace(job, process=os.getpid()), self._stage)
            return self.job(upload_id)
        return job

    def staged(self, upload_id: str) -> StagedImport | None:
        """Return the checked file, checked again if it is no longer in memory; None unless the state is `staged`.

        Raises
        ------
        NotFoundError
            No such upload.
        """
        job = self.job(upload_id)
        if job.state is not UploadState.STAGED:
            return None
        with self._lock:
            if upload_id in self._staged:
                self._staged.move_to_end(upload_id)
                return self._staged[upload_id]
        staged = self._run_staging(job, lambda share, step: None)
        self._keep(upload_id, staged)
        return staged

    def set_options(self, upload_id: str, options: ImportOptions) -> UploadJob:
        """Check the file again with other options or fixes, in the background.

        Raises
        ------
        NotFoundError
            No such upload.
        ConflictError
            It is being checked or stored, or is stored already.
        """
        with self._lock:
            job = self._ready(upload_id)
            self._staged.pop(upload_id, None)
            self._begin(replace(job, options=options, process=os.getpid()), self._stage)
        return self.job(upload_id)

    def accept(
        self,
        upload_id: str,
        *,
        user: str,
        reason: str = "",
        document_no: str = "",
        remove_missing: bool = False,
    ) -> UploadJob:
        """Store a checked file in the background, as one revision; its `message` says what changed.

        Raises
        ------
        NotFoundError
            No such upload.
        ConflictError
            It is being checked or stored, is stored already, or still has errors.
        """
        staged = self.staged(upload_id)
        with self._lock:
            job = self._ready(upload_id)
            if staged is None or not staged.is_acceptable or staged.options != job.options:
                raise ConflictError(f"“{job.file_name}”还有没解决的错误，不能入库。请先修复。")

            def work(job: UploadJob) -> None:
                revision = accept_import(
                    self._workspace, staged, user=user, reason=reason, document_no=document_no,
                    remove_missing=remove_missing, progress=lambda share: self._report(job.id, share, "正在入库"),
                )  # fmt: skip
                self._finish(job.id, revision)

            job = replace(
                job, state=UploadState.ACCEPTING, progress=0.0, step="正在入库", process=os.getpid()
            )
            self._begin(job, work, state=UploadState.ACCEPTING)
        return self.job(upload_id)

    def discard(self, upload_id: str) -> None:
        """Forget an upload and delete its file.

        Raises
        ------
        NotFoundError
            No such upload.
        ConflictError
            It is being stored.
        """
        with self._lock:
            if self.job(upload_id).state is UploadState.ACCEPTING:
                raise ConflictError("正在入库，不能放弃。请等它完成。")
            self._forget(upload_id)

    def corrected_file(self, upload_id: str) -> tuple[Path, str]:
        """Write the corrected file and return its path and the name to give it.

        Raises
        ------
        NotFoundError
            No such upload.
        ConflictError
            The file is not checked yet.
        """
        staged = self.staged(upload_id)
        if staged is None:
            raise ConflictError("文件还没有检查完，没有改正文件。请稍候。")
        name = corrected_name(staged)
        path = self._folder / upload_id / f"corrected{Path(name).suffix}"
        write_corrected_file(staged, path)
        return path, name

    def clean_up(self, older_than: timedelta = KEPT_FOR) -> int:
        """Delete uploads that nobody touched for longer; return how many."""
        limit = time.time() - older_than.total_seconds()
        files = [path for path in self._folder.glob(f"*/{JOB_FILE}") if is_upload_id(path.parent.name)]
        old = [path.parent.name for path in files if path.stat().st_mtime < limit]
        with self._lock:
            idle = [name for name in old if not (name in self._jobs and self._jobs[name].is_busy)]
            for upload_id in idle:
                self._forget(upload_id)
        return len(idle)

    def wait(self, upload_id: str, timeout_s: float = 60.0) -> UploadJob:
        """Wait until nothing is under way for an upload (or the time is over) and return it."""
        with self._lock:
            thread = self._threads.get(upload_id)
        if thread is not None:
            thread.join(timeout_s)
        return self.job(upload_id)

    def _ready(self, upload_id: str) -> UploadJob:
        job = self.job(upload_id)
        if job.is_busy:
            raise ConflictError(f"“{job.file_name}”正在处理，请稍候再试。")
        if job.state is UploadState.ACCEPTED:
            raise ConflictError(f"“{job.file_name}”已经入库，不能再改。请重新上传。")
        return job

    def _begin(
        self, job: UploadJob, work: Callable[[UploadJob], None], *, state: UploadState = UploadState.STAGING
    ) -> None:
        job = replace(job, state=state, progress=0.0, error="")
        thread = threading.Thread(
            target=self._guarded, args=(job, work), name=f"upload-{job.id[:8]}", daemon=True
        )
        with self._lock:
            self._put(job, is_saved=True)
            self._threads[job.id] = thread
        thread.start()

    def _guarded(self, job: UploadJob, work: Callable[[UploadJob], None]) -> None:
        """Do the work of one thread; whatever goes wrong becomes the upload's error, as nobody else would see it."""
        with self._work:
            try:
                work(job)
            except GeoappError as error:
                self._fail(job.id, str(error))
            except Exception:
                number = secrets.token_hex(4)
                _log.exception("upload %s failed (%s)", job.id, number)
                self._fail(job.id, f"程序内部错误（编号 {number}），没有入库。请把编号告诉管理员。")

    def _stage(self, job: UploadJob) -> None:
        staged = self._run_staging(job, lambda share, step: self._report(job.id, share, step))
        with self._lock:
            if job.id in self._jobs:
                self._keep(job.id, staged)
                self._put(
                    replace(self._jobs[job.id], state=UploadState.STAGED, progress=1.0, step="检查完毕"),
                    is_saved=True,
                )

    def _run_staging(self, job: UploadJob, report: Callable[[float, str], None]) -> StagedImport:
        return stage_import(
            self._workspace, job.register, self._folder / job.id / job.stored_name, file_name=job.file_name,
            options=job.options, progress=report,
        )  # fmt: skip

    def _keep(self, upload_id: str, staged: StagedImport) -> None:
        with self._lock:
            self._staged[upload_id] = staged
            while len(self._staged) > KEPT_STAGED:
                self._staged.popitem(last=False)

    def _finish(self, upload_id: str, revision: Revision | None) -> None:
        with self._lock:
            self._staged.pop(upload_id, None)
            message, number = "没有变化，没有产生新的修订。", None
            if revision is not None:
                message, number = (
                    f"已入库，第 {revision.number} 次修订：{revision.summary}。",
                    revision.number,
                )
            self._put(
                replace(
                    self._jobs[upload_id], state=UploadState.ACCEPTED, progress=1.0, step="已入库", message=message,
                    revision=number,
                ),
                is_saved=True,
            )  # fmt: skip

    def _fail(self, upload_id: str, message: str) -> None:
        with self._lock:
            if upload_id in self._jobs:
                job = replace(self._jobs[upload_id], state=UploadState.FAILED, step="", error=message)
                self._put(job, is_saved=True)

    def _report(self, upload_id: str, share: float, step: str) -> None:
        with self._lock:
            if upload_id in self._jobs:
                job = replace(self._jobs[upload_id], progress=share, step=step)
                self._put(job, is_saved=time.monotonic() - self._saved_at.get(upload_id, 0.0) > _SAVE_EVERY_S)

    def _put(self, job: UploadJob, *, is_saved: bool) -> None:
        self._jobs[job.id] = job
        if is_saved:
            self._saved_at[job.id] = time.monotonic()
            try:
                save_job(job, self._folder / job.id)
            except OSError as error:
                # The file is for other processes and the next start: what was done here stays done, and is told so.
                _log.warning("the state of upload %s could not be saved: %s", job.id, error)

    def _forget(self, upload_id: str) -> None:
        self._jobs.pop(upload_id, None)
        self._staged.pop(upload_id, None)
        self._threads.pop(upload_id, None)
        shutil.rmtree(self._folder / upload_id, ignore_errors=True)
