import io
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from geoapp.errors import ConflictError, FormatError, NotFoundError, SetupError
from geoapp.services.import_staged import ImportOptions
from geoapp.services.upload_job import UploadState, is_at_work
from geoapp.services.uploads import KEPT_STAGED, UploadJobs
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.full_disk import largest_file
from tests.services.import_files import geojson, plots, squares, zipped_shapefile


@pytest.fixture
def jobs(workspace):
    return UploadJobs(workspace)


@pytest.fixture
def sound(tmp_path):
    return geojson(tmp_path / "a.geojson", plots()).read_bytes()


def upload(jobs, content, name="地块.geojson", register="plots"):
    return jobs.wait(jobs.start_upload(register, io.BytesIO(content), name).id)


def accepted(jobs, upload_id, **options):
    jobs.accept(upload_id, user="张某", **options)
    return jobs.wait(upload_id)


def test_upload_is_staged_and_accepted_in_the_background(jobs, workspace, sound):
    job = upload(jobs, sound, "C:\\files\\地块.geojson")
    assert (job.state, job.file_name, job.progress, job.error) == (
        UploadState.STAGED,
        "地块.geojson",
        1.0,
        "",
    )
    assert jobs.staged(job.id).summary["new"] == 3
    assert workspace.store.revision() == 0
    done = accepted(jobs, job.id, reason="更新", document_no="1号")
    assert (done.state, done.revision) == (UploadState.ACCEPTED, 1)
    assert "新增 3" in done.message
    assert workspace.store.revisions()[0].document_no == "1号"
    assert jobs.staged(job.id) is None


def test_same_file_again_says_that_nothing_changed(jobs, sound):
    accepted(jobs, upload(jobs, sound).id)
    done = accepted(jobs, upload(jobs, sound).id)
    assert (done.revision, done.message) == (None, "没有变化，没有产生新的修订。")


def test_fix_is_chosen_and_then_accepted(jobs, tmp_path):
    path = zipped_shapefile(tmp_path / "a.zip", plots(geometry=squares(3, swapped=True)))
    job = upload(jobs, path.read_bytes(), "a.zip")
    with pytest.raises(ConflictError, match="没解决"):
        jobs.accept(job.id, user="张某")
    jobs.set_options(job.id, ImportOptions(fixes=frozenset({"swap-axes"})))
    assert jobs.wait(job.id).state is UploadState.STAGED
    assert accepted(jobs, job.id).state is UploadState.ACCEPTED


def test_file_that_cannot_be_read_fails_with_the_reason_and_may_be_tried_again(jobs, sound):
    job = upload(jobs, b"PK\x03\x04 no archive", "a.zip")
    assert job.state is UploadState.FAILED
    assert job.error
    assert jobs.staged(job.id) is None
    with pytest.raises(ConflictError):
        jobs.corrected_file(job.id)
    jobs.set_options(job.id, ImportOptions(encoding="gbk"))
    assert jobs.wait(job.id).state is UploadState.FAILED


def test_wrong_option_fails_and_a_right_one_mends_it(jobs, sound):
    job = upload(jobs, sound)
    jobs.set_options(job.id, ImportOptions(crs="没有这种"))
    assert "坐标系" in jobs.wait(job.id).error
    jobs.set_options(job.id, ImportOptions())
    assert jobs.wait(job.id).state is UploadState.STAGED


def test_a_bug_becomes_a_number_and_never_a_traceback(jobs, sound, caplog):
    job = upload(jobs, sound)
    jobs._begin(job, lambda job: 1 / 0)
    failed = jobs.wait(job.id)
    assert failed.state is UploadState.FAILED
    assert "编号" in failed.error
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("name", ["", "  ", "a/"])
def test_upload_without_a_file_is_refused(jobs, name):
    with pytest.raises(FormatError, match="没有选择文件"):
        jobs.start_upload("plots", io.BytesIO(b"x"), name)


def test_empty_large_and_unknown_uploads_leave_nothing_behind(tmp_path):
    workspace = open_workspace(Settings(data_dir=tmp_path, max_upload_mb=1))
    jobs = UploadJobs(workspace)
    with pytest.raises(FormatError, match="0 字节"):
        jobs.start_upload("plots", io.BytesIO(b""), "a.zip")
    with pytest.raises(FormatError, match="超过 1 MB"):
        jobs.start_upload("plots", io.BytesIO(bytes(1024 * 1024 + 1)), "a.zip")
    with pytest.raises(NotFoundError):
        jobs.start_upload("nonsense", io.BytesIO(b"x"), "a.zip")
    assert list(workspace.settings.upload_dir.iterdir()) == []


@pytest.mark.parametrize("upload_id", ["../../etc", "0" * 31, "0" * 32, "", "../x/" + "0" * 32])
def test_unknown_and_climbing_ids_are_not_found(jobs, upload_id):
    with pytest.raises(NotFoundError):
        jobs.job(upload_id)
    with pytest.raises(NotFoundError):
        jobs.discard(upload_id)


def test_discarded_upload_is_gone(jobs, workspace, sound):
    job = upload(jobs, sound)
    jobs.discard(job.id)
    assert not (workspace.settings.upload_dir / job.id).exists()
    with pytest.raises(NotFoundError):
        jobs.job(job.id)


def test_accepted_upload_cannot_be_changed_again(jobs, sound):
    job = upload(jobs, sound)
    accepted(jobs, job.id)
    with pytest.raises(ConflictError):
        jobs.set_options(job.id, ImportOptions())
    with pytest.raises(ConflictError):
        jobs.accept(job.id, user="张某")


def test_nothing_is_changed_while_something_is_under_way(jobs, sound):
    job, release = upload(jobs, sound), threading.Event()
    jobs._begin(job, lambda job: release.wait(10), state=UploadState.ACCEPTING)
    with pytest.raises(ConflictError, match="正在处理"):
        jobs.set_options(job.id, ImportOptions())
    with pytest.raises(ConflictError, match="正在入库"):
        jobs.discard(job.id)
    assert jobs.clean_up(timedelta(seconds=-1)) == 0
    release.set()
    jobs.wait(job.id)


def test_upload_is_found_again_after_a_restart(jobs, workspace, sound):
    job = upload(jobs, sound)
    again = UploadJobs(workspace)
    assert again.job(job.id) == job
    assert again.staged(job.id).record_count == 3


def test_work_a_stopped_server_left_begins_again(jobs, workspace, sound):
    job = upload(jobs, sound)
    path = workspace.settings.upload_dir / job.id / "job.json"
    path.write_text(json.dumps({**job.to_dict(), "state": "staging", "progress": 0.3, "process": 0}))
    again = UploadJobs(workspace)
    assert again.job(job.id).state in (UploadState.STAGING, UploadState.STAGED)
    assert again.wait(job.id).state is UploadState.STAGED


def test_work_of_another_running_server_is_left_alone(jobs, workspace, sound):
    job = upload(jobs, sound)
    path = workspace.settings.upload_dir / job.id / "job.json"
    path.write_text(json.dumps({**job.to_dict(), "state": "staging", "process": os.getppid()}))
    assert UploadJobs(workspace).job(job.id).state is UploadState.STAGING


def test_process_that_ended_is_not_at_work():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not is_at_work(done.pid)
    assert not is_at_work(os.getpid())
    assert is_at_work(os.getppid())


def test_damaged_job_file_is_not_found(jobs, workspace, sound):
    job = upload(jobs, sound)
    (workspace.settings.upload_dir / job.id / "job.json").write_text("{")
    again = UploadJobs(workspace)
    with pytest.raises(NotFoundError):
        again.job(job.id)


def test_memory_is_bounded_and_evicted_files_are_checked_again(jobs, sound):
    found = [upload(jobs, sound) for _ in range(KEPT_STAGED + 1)]
    assert len(jobs._staged) == KEPT_STAGED
    assert found[0].id not in jobs._staged
    assert jobs.staged(found[0].id).record_count == 3


def test_old_uploads_are_cleaned_up(jobs, workspace, sound):
    job = upload(jobs, sound)
    assert jobs.clean_up() == 0
    assert jobs.clean_up(timedelta(seconds=-1)) == 1
    assert not (workspace.settings.upload_dir / job.id).exists()


def test_corrected_file_is_written_beside_the_upload(jobs, sound):
    path, name = jobs.corrected_file(upload(jobs, sound).id)
    assert name == "地块_改正.gpkg"
    assert path.stat().st_size > 0


def test_a_file_that_finds_no_room_is_refused_and_nothing_is_kept(jobs, workspace, sound):
    with (
        largest_file(100),
        pytest.raises(SetupError, match=r"“地块\.geojson”没有收下：文件超出了允许的大小。请管理员"),
    ):
        upload(jobs, sound)
    assert list(workspace.settings.upload_dir.iterdir()) == []
    assert upload(jobs, sound).state is UploadState.STAGED


def test_what_was_stored_is_told_so_though_the_upload_itself_finds_no_room(jobs, workspace, sound):
    job = upload(jobs, sound)
    folder = workspace.settings.upload_dir / job.id
    (folder / "job.json.new").mkdir()  # the state of the upload cannot be written, the database can

    done = accepted(jobs, job.id)

    assert (done.state, done.revision, done.error) == (UploadState.ACCEPTED, 1, "")
    assert len(workspace.store.read("plots")) == 3
