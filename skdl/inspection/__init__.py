"""See what a net learns: displays by scikit-learn's convention."""

from skdl.inspection.gradient_flow_display import GradientFlowDisplay
from skdl.inspection.layer_histogram_display import LayerHistogramDisplay
from skdl.inspection.mistakes_display import MistakesDisplay
from skdl.inspection.top_activation_display import TopActivationDisplay
from skdl.inspection.training_curve_display import TrainingCurveDisplay
from skdl.inspection.update_ratio_display import UpdateRatioDisplay
from skdl.inspection.weight_image_display import WeightImageDisplay

__all__ = [
    "GradientFlowDisplay",
    "LayerHistogramDisplay",
    "MistakesDisplay",
    "TopActivationDisplay",
    "TrainingCurveDisplay",
    "UpdateRatioDisplay",
    "WeightImageDisplay",
]
