"""What a net learns, and how: displays, layers, gradients, the learning rate."""

from skdl.inspection.activations import hidden_activations
from skdl.inspection.gradient_flow_display import GradientFlowDisplay
from skdl.inspection.gradients import input_gradients
from skdl.inspection.layer_histogram_display import LayerHistogramDisplay
from skdl.inspection.learning_rate import LearningRateDisplay, find_learning_rate
from skdl.inspection.mistakes_display import MistakesDisplay
from skdl.inspection.neural_features import NeuralFeatures
from skdl.inspection.top_activation_display import TopActivationDisplay
from skdl.inspection.training_curve_display import TrainingCurveDisplay
from skdl.inspection.update_ratio_display import UpdateRatioDisplay
from skdl.inspection.weight_image_display import WeightImageDisplay

__all__ = [
    "GradientFlowDisplay",
    "LayerHistogramDisplay",
    "LearningRateDisplay",
    "MistakesDisplay",
    "NeuralFeatures",
    "TopActivationDisplay",
    "TrainingCurveDisplay",
    "UpdateRatioDisplay",
    "WeightImageDisplay",
    "find_learning_rate",
    "hidden_activations",
    "input_gradients",
]
