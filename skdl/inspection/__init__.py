"""What a net learns, and how: its layers, its gradients, its learning rate."""

from skdl.inspection.activations import hidden_activations
from skdl.inspection.gradients import input_gradients
from skdl.inspection.learning_rate import LearningRateDisplay, find_learning_rate
from skdl.inspection.neural_features import NeuralFeatures

__all__ = [
    "LearningRateDisplay",
    "NeuralFeatures",
    "find_learning_rate",
    "hidden_activations",
    "input_gradients",
]
