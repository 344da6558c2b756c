"""A secret is found wherever it stands, in plain or compressed."""

from pathlib import Path

from agentscale.bench.leaks import files_with
from agentscale.recording import zstd

SECRET = "sk-canary-0123456789abcdef"


def test_a_secret_is_found_in_plain_files_and_in_every_frame_of_compressed_ones(tmp_path: Path) -> None:
    pack = zstd.compress
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_bytes(b"nothing")
    (tmp_path / "b.zst").write_bytes(pack(b"nothing") + pack(b"still nothing"))
    assert files_with(SECRET, tmp_path) == []
    (tmp_path / "deep" / "c.txt").write_text(f"key={SECRET};")
    (tmp_path / "d.zst").write_bytes(pack(b"nothing") + pack(f"key={SECRET}".encode()))
    assert [path.name for path in files_with(SECRET, tmp_path)] == ["d.zst", "c.txt"]
