"""Zstandard: Python's own from 3.14 on, and before that the same module from a package."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, ZstdDecompressor, ZstdError, compress, open
else:
    from backports.zstd import CompressionParameter, ZstdDecompressor, ZstdError, compress, open

__all__ = ["CompressionParameter", "ZstdDecompressor", "ZstdError", "compress", "open"]
