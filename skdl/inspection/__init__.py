"""What a net learns, and what keeps it from learning."""

from skdl.inspection.activations import hidden_activations
from skdl.inspection.diagnose import diagnose
from skdl.inspection.gradient_flow_display import GradientFlowDisplay
from skdl.inspection.gradients import input_gradients
from skdl.inspection.layer_histogram_display import LayerHistogramDisplay
from skdl.inspection.learning_rate import LearningRateDisplay, find_learning_rate
from skdl.inspection.mistakes_display import MistakesDisplay
from skdl.inspection.neural_features import NeuralFeatures
from skdl.inspection.report import Finding, Report
from skdl.inspection.top_activation_display import TopActivationDisplay
from skdl.inspection.training_curve_display import TrainingCurveDisplay
from skdl.inspection.update_ratio_display import UpdateRatioDisplay
from skdl.inspection.weight_image_display import WeightImageDisplay

__all__ = [
    "Finding",
    "GradientFlowDisplay",
    "LayerHistogramDisplay",
    "LearningRateDisplay",
    "MistakesDisplay",
    "NeuralFeatures",
    "Report",
    "TopActivationDisplay",
    "TrainingCurveDisplay",
    "UpdateRatioDisplay",
    "WeightImageDisplay",
    "diagnose",
    "find_learning_rate",
    "hidden_activations",
    "input_gradients",
]
