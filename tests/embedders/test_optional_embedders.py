"""Embedders that run other packages: what they hand them, and what is said where the package is missing."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from agentscale.embedders import WITH_MODEL, packaged, resolve
from agentscale.errors import SpecError
from agentscale.schema.embedding import read


class Encoder:
    """Stands for either package's model; remembers how it was made and asked."""

    made: tuple[tuple[Any, ...], dict[str, Any]]
    asked: list[tuple[Any, dict[str, Any]]]

    def __init__(self, *args: Any, **options: Any) -> None:
        Encoder.made, Encoder.asked = (args, options), []

    @classmethod
    def from_pretrained(cls, *args: Any, **options: Any) -> Encoder:
        return cls(*args, **options)

    def encode(self, texts: Any, **options: Any) -> np.ndarray:
        self.asked.append((texts, options))
        if isinstance(texts, str):
            return np.array([3.0, 4.0, float(len(texts) % 2)], dtype=np.float32)
        return np.stack([self.encode(text) for text in texts])


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    for package, name in (("sentence_transformers", "SentenceTransformer"), ("model2vec", "StaticModel")):
        module = ModuleType(package)
        setattr(module, name, Encoder)
        monkeypatch.setitem(sys.modules, package, module)
    monkeypatch.setattr(packaged, "find_spec", lambda name: name)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", sorted(WITH_MODEL))
def test_a_model_is_loaded_at_first_use_and_sees_one_text_at_a_time(name: str) -> None:
    embed = resolve(read(f"{name}:some/model"))
    embed.check()
    rows = embed(["one", "four", " "])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0], atol=1e-6)
    assert Encoder.made[0] == ("some/model",)
    assert {"one", "four"} == {text for text, _ in Encoder.asked if isinstance(text, str)}
    assert all(isinstance(texts, str) or len(texts) == 1 for texts, _ in Encoder.asked)
    assert embed.signature == f"{name}@some/model:3"


@pytest.mark.usefixtures("packages")
def test_no_code_of_a_models_author_is_run() -> None:
    resolve(read("sentence-transformers:some/model"))(["one"])
    assert Encoder.made[1] == {"trust_remote_code": False}


@pytest.mark.usefixtures("packages")
def test_a_static_model_that_is_there_is_not_fetched_again() -> None:
    resolve(read("model2vec:some/model"))(["one"])
    assert Encoder.made[1] == {"force_download": False}
    assert ({"max_length": None, "use_multiprocessing": False}) in [options for _, options in Encoder.asked]


@pytest.mark.parametrize("name", sorted(WITH_MODEL))
def test_a_missing_package_is_told_with_the_one_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    embed = resolve(read(f"{name}:some/model"))
    assert embed.identity == f"{name}@some/model"
    for use in (embed.check, lambda: embed(["a text"])):
        with pytest.raises(SpecError, match=rf"pip install 'agentscale\[{name}\]'"):
            use()
