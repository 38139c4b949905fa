"""Memory that processes share: every other page stands in the same place, and one that is too small is not given."""

from __future__ import annotations

import pytest
import torch

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.training import board
from autosnn_ray.training.board import Board


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(board, "_HALF_BYTES", 64)
    Board.make(tmp_path / "board")
    return tmp_path / "board"


def test_a_page_is_not_written_on_before_the_one_after_the_next(file):
    here, there = Board(file), Board(file)
    read = there.page([3, 13], torch.float32)
    here.page([3, 13], torch.float32)[0].fill_(-1)
    for number in range(6):
        before = read
        for place in here.page([3, 13], torch.float32):
            place.fill_(number)
        read = there.page([3, 13], torch.float32)
        assert [place.tolist() for place in read] == [[number] * 3, [number] * 13]
        assert before[0].tolist() == [number - 1] * 3


def test_what_has_no_room_gets_no_page_and_changes_no_half(file):
    here, there = Board(file), Board(file)
    assert here.page([17], torch.float32) is None
    here.page([16], torch.float32)[0].fill_(1)
    assert there.page([8], torch.float64)[0].shape == (8,)
    assert there.page([16], torch.float32)[0].tolist() == [0] * 16
    assert here.page([0, 16], torch.float32)[0].numel() == 0


def test_a_board_that_is_there_is_not_made_anew_and_one_of_another_size_is_refused(file):
    with pytest.raises(FileExistsError):
        Board.make(file)
    file.write_bytes(bytes(127))
    with pytest.raises(InvalidInputError, match="board: expected 128 bytes, got 127"):
        Board(file)
