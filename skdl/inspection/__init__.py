"""Inspection of nets: displays, gradients, learning rates, and diagnosis of faults."""

from skdl.inspection.diagnosis.diagnose import diagnose
from skdl.inspection.diagnosis.report import Finding, Report
from skdl.inspection.displays.gradient_flow import GradientFlowDisplay
from skdl.inspection.displays.images import TopActivationDisplay, WeightImageDisplay
from skdl.inspection.displays.layer_histogram import LayerHistogramDisplay
from skdl.inspection.displays.mistakes import MistakesDisplay
from skdl.inspection.displays.training_curve import TrainingCurveDisplay
from skdl.inspection.displays.update_ratio import UpdateRatioDisplay
from skdl.inspection.gradients import hidden_activations, input_gradients
from skdl.inspection.learning_rate import LearningRateDisplay, find_learning_rate
from skdl.inspection.live_plot import LivePlot
from skdl.inspection.neural_features import NeuralFeatures

__all__ = [
    "Finding",
    "GradientFlowDisplay",
    "LayerHistogramDisplay",
    "LearningRateDisplay",
    "LivePlot",
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
