"""Fitted estimators for other places than Python: ONNX models.

If skl2onnx is installed, the import of this module registers converters of skdl's
estimators with it.
"""

from skdl.export.onnx_model import to_onnx

__all__ = ["to_onnx"]
