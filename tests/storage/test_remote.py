"""A run's folder behind a URL: what can be one, and what its store cannot make it do."""

from __future__ import annotations

import sys

import pytest

from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.storage.copy import RemoteCopy
from autosnn_ray.storage.remote import Remote, StorageError, without_password
from autosnn_ray.storage.run_folder import open_run_folder


@pytest.mark.parametrize(
    ("storage", "path", "said"),
    [
        ("nope://bucket", "one", r"expected a URL that fsspec knows, .*'nope://bucket'"),
        ("gs:/me:secret@bucket", "one", r"as text and not as a Path, got 'gs:/bucket'"),
        ("simplecache::file:///tmp", "one", r"expected a URL such as"),
        ("file:///tmp/store", "/one", r"path: expected a relative one such as runs/first"),
        ("file:///tmp/store", "../one", r"path: expected a relative one"),
        ("file:///tmp/store", ".", r"path: expected a relative one"),
        ("smb://me:sec@ret@host/share", "one", r"got 'smb://host/share': ImportError: .*smbprotocol"),
        ("s3://bucket", "one", r"got 's3://bucket': ImportError: .*s3fs"),
        ("file:///tmp/store", "s3://bucket/one", r"path: expected a folder, got the URL"),
    ],
)
def test_storages_that_cannot_be_used(tmp_path, monkeypatch, storage, path, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InvalidInputError, match=said), open_run_folder(path, storage):
        raise AssertionError
    assert not list(tmp_path.iterdir())


def test_a_storage_that_is_not_there_is_an_error_that_keeps_the_password():
    with pytest.raises(StorageError, match=r"^ftp://127.0.0.1:9/x/one: cannot be reached: ConnectionRefusedError"):
        Remote("ftp://me:secret@127.0.0.1:9/x", "one")
    assert without_password("s3://bucket/a@b: no") == "s3://bucket/a@b: no"


@pytest.mark.parametrize("name", ["{root}/a/../../../x", "/etc/passwd", "{root}//etc/passwd", "{root}/a/./b", "x"])
def test_a_remote_name_cannot_lead_outside(tmp_path, monkeypatch, name):
    remote = Remote(f"file://{tmp_path}/store", "one")
    full = name.format(root=f"{tmp_path}/store/one")
    monkeypatch.setattr(remote._fs, "ls", lambda *_, **__: [{"name": full, "type": "file", "size": 1}])
    with pytest.raises(JournalError, match="whose name leads outside the run's folder"):
        RemoteCopy(remote, tmp_path / "here").fetch()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(tmp_path):
    remote = Remote(f"file://{tmp_path}/store", "one")
    assert remote.files() == set()
    (tmp_path / "store").write_text("a file where the folder was")
    with pytest.raises(StorageError, match=r"store/one: cannot be listed: NotADirectoryError"):
        remote.files()


def test_a_write_that_breaks_off_leaves_the_old_content(tmp_path, monkeypatch):
    remote = Remote(f"file://{tmp_path}", "one")
    remote.write("a/b", b"old and whole")
    whole = remote._fs.pipe_file

    def broken(path: str, content: bytes) -> None:
        whole(path, content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(remote._fs, "pipe_file", broken)
    with pytest.raises(KeyboardInterrupt):
        remote.write("a/b", b"new and whole")
    monkeypatch.undo()
    assert remote.read("a/b") == b"old and whole"
    RemoteCopy(Remote(f"file://{tmp_path}", "one"), tmp_path / "here").fetch()
    assert sorted(path.name for path in (tmp_path / "here").rglob("*")) == ["a", "b"]
