"""The table of findings: every kind, with its severity, measurement, cause and cure.

Findings take their texts from this table, and so does the table in
docs/troubleshooting.md: after a change here, run ``python docs/troubleshooting.py``.
The checks that make findings are in the modules by subject (`_data`, `_labels`,
`_derivatives`, `_training`, `_layers`, `_baselines`). `diagnose` calls them.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["KINDS", "SEVERITIES", "Kind", "Severity"]

Severity = Literal["error", "warning", "note"]
# In the order in which a report lists them.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
        Training cannot work like this; it works worse than it could; or there is
        something to know.
    title : str
        The finding in a few words.
    measured : str
        The measurement, with the bound beyond which it is a finding.
    cause : str
        The likely cause.
    cure : str
        The change to make.
    cure_of_note : str, default=""
        The change to make if the finding is a note; "" if it is the same.
    """

    severity: Severity
    title: str
    measured: str
    cause: str
    cure: str
    cure_of_note: str = ""


# Causes are listed before their effects: a report keeps this order among findings of
# equal severity. What does not cause errors comes after all errors.
KINDS = {
    "unscaled_columns": Kind(
        "warning",
        "Columns are not scaled",
        "The root mean square of a column is above 10 (of a sparse X, also the largest "
        "value above 100), or its largest value is below a hundredth of the median "
        "column's; or the rows are shorter than 0.01.",
        "One learning rate has to serve all columns: a large column dominates the "
        "steps and saturates units, and a small one hardly changes the output.",
        "Put a Standardizer before the net, or let the net do it: standardize=True.",
    ),
    "constant_targets": Kind(
        "error",
        "All rows have the same target",
        "All targets are equal.",
        "There is nothing to learn. Often only the rows of one class were read, or y "
        "is the wrong column.",
        "Check where y comes from.",
    ),
    "unscaled_targets": Kind(
        "warning",
        "Targets are far from unit scale",
        "The mean of y is beyond ±10, or its standard deviation is not between 0.1 and "
        "10.",
        "A net starts with outputs of size 1, and its gradients are as large as the "
        "targets, so that learning rate, tol and alpha would have to fit their unit.",
        "Let the net learn y in units of its deviation: standardize_target=True.",
    ),
    "class_imbalance": Kind(
        "warning",
        "Classes are of very different size",
        "A class has more than ten times the rows (or weight) of another one, and "
        "class_weight is not set. If scoring is the average precision or the area "
        "under the ROC curve, this is a note.",
        "The frequent class dominates each gradient and the accuracy.",
        "Choose the metric first, such as scoring='average_precision' with early "
        "stopping, then the threshold: FixedThresholdClassifier or "
        "TunedThresholdClassifierCV. class_weight='balanced' finds more cases, too, "
        "but makes the probabilities of the rare class too high.",
        "Choose the threshold next: FixedThresholdClassifier or "
        "TunedThresholdClassifierCV. class_weight='balanced' finds more cases, too, "
        "but makes the probabilities of the rare class too high.",
    ),
    "wrong_gradient": Kind(
        "error",
        "A gradient is not the derivative of its function",
        "The gradient of a loss, an activation or the network differs from finite "
        "differences.",
        "The backward pass does not fit the forward pass, so that steps do not "
        "decrease the loss.",
        "Derive the gradient again, and test it with skdl.engine.check_gradient.",
    ),
    "high_initial_loss": Kind(
        "warning",
        "The loss at the start is too high",
        "The loss before the first step is more than 4 times the loss of all-zero "
        "scores (log K for K classes with the softmax).",
        "The first outputs are large, and training spends its first steps on reducing "
        "them: starting weights are too large, or columns of X are not scaled.",
        "Choose starting weights that suit the activation, and scale X.",
    ),
    "vanishing_gradient": Kind(
        "error",
        "The gradient vanishes on its way back",
        "The gradient at a hidden layer is below 1/1000 of the gradient at the last "
        "hidden layer.",
        "Each layer multiplies the gradient by its weights and by the slope of its "
        "activation, which is at most 1/4 for the sigmoid and 0 for dead units.",
        "Use relu units with He's weights, residual connections or batch "
        "normalization, or fewer layers.",
    ),
    "exploding_gradient": Kind(
        "error",
        "The gradient explodes on its way back",
        "The gradient at a hidden layer is above 1000 times the gradient at the last "
        "hidden layer.",
        "Each layer multiplies the gradient by its weights, which are large.",
        "Start with smaller weights, clip the gradient, or use batch normalization.",
    ),
    "saturated_units": Kind(
        "warning",
        "Units are saturated",
        "More than 6 in 10 slopes of a layer's activation are below 2 % of the "
        "steepest slope.",
        "The inputs of these units are so large that their activation is flat there: "
        "columns are not scaled, or weights are large.",
        "Scale X, start with smaller weights, or use batch normalization.",
    ),
    "uncentred_activations": Kind(
        "warning",
        "Activations are far from centred",
        "The means of a layer's outputs are more than 10 times their standard "
        "deviations (the median over its units).",
        "These units give nearly the same output for every row, and the next layer "
        "sees a constant: inputs are not centred, or the layers before are saturated "
        "or sigmoids.",
        "Centre the columns with a Standardizer, and use batch normalization.",
    ),
    "one_sign_gradient": Kind(
        "warning",
        "All gradients of a unit have one sign",
        "All weights of a unit get gradients of the same sign, in at least half of the "
        "units of a layer whose inputs all have one sign.",
        "The inputs of these layers have one sign, and a mean that is large compared "
        "with their variation: the weights of a unit can only grow or shrink together.",
        "Centre the columns with a Standardizer. Between layers, use tanh or relu "
        "instead of the sigmoid, or batch normalization.",
    ),
    "diverged": Kind(
        "error",
        "Training diverged",
        "The loss grew beyond all bounds, or it or the weights stopped being finite.",
        "The steps grow without bound: the learning rate is too high for these columns "
        "and weights, or a single gradient was much longer than the others.",
        "Divide the learning rate by 10, repeatedly if necessary, and clip the "
        "gradient; scale X and y first, if they are not scaled.",
    ),
    "loss_rises_early": Kind(
        "error",
        "The loss rises at first",
        "The loss rises by half within the first 50 steps.",
        "The steps overshoot: the learning rate is much too high.",
        "Divide the learning rate by 10, repeatedly if necessary.",
    ),
    "large_updates": Kind(
        "warning",
        "Steps are large compared with the weights",
        "The median of ‖Δw‖ / ‖w‖ of a layer over the first 10 steps is above 0.1; "
        "about 0.001 is usual.",
        "Each step changes a large part of the weights: the learning rate is too high, "
        "or the weights are too small.",
        "Divide the learning rate by 10, until the ratio is near 0.001.",
    ),
    "loss_flattens_early": Kind(
        "warning",
        "The loss flattens while it is still high",
        "The loss is on a plateau, and a tenth of the learning rate would halve it in "
        "as many steps, and lower that of unseen rows.",
        "The steps are too long to reach the minimum: they jump across it.",
        "Lower the learning rate, or let it fall: learning_rate=Cosine() or "
        "StepDecay().",
    ),
    "loss_falls_slowly": Kind(
        "warning",
        "The loss falls too slowly",
        "The loss makes little progress, and a higher learning rate makes twice the "
        "progress in as many steps, and lowers the loss of unseen rows.",
        "The steps are too short for their number.",
        "Raise the learning rate.",
    ),
    "too_few_epochs": Kind(
        "warning",
        "Training stops too early",
        "The training ended at max_iter. With up to 4 times the epochs, the score of "
        "unseen rows is better, beyond noise.",
        "The number of epochs is too small: the net has not yet learned what it can.",
        "Raise max_iter. With early_stopping=True, a number that is too large does no "
        "harm.",
    ),
    "tiny_updates": Kind(
        "warning",
        "Steps are tiny compared with the weights",
        "The median of ‖Δw‖ / ‖w‖ of a layer over the first 10 steps is below 0.00001; "
        "about 0.001 is usual.",
        "The steps hardly change the weights: the learning rate is too low, the "
        "gradient vanishes, or the weights are too large.",
        "Multiply the learning rate by 10, until the ratio is near 0.001.",
    ),
    "dead_units": Kind(
        "warning",
        "Units are dead",
        "More than 4 in 10 units of a layer are flat for every row.",
        "These units give 0 for every row and get no gradient, so that they cannot "
        "recover: a step was too large, or biases or inputs are far below 0.",
        "Lower the learning rate, start with zero biases, and scale X; or use units "
        "with a slope everywhere: activation='leaky_relu'.",
    ),
    "large_weights": Kind(
        "warning",
        "Weights are large",
        "The root mean square of a layer's weights times √fan_in is above 10.",
        "A layer with these weights enlarges its inputs more than tenfold: the "
        "penalty is missing, or the starting weights or the steps were too large.",
        "Raise alpha, start with smaller weights, or lower the learning rate.",
    ),
    "cannot_overfit": Kind(
        "error",
        "A few rows cannot be memorized",
        "Without regularization, the net does not fit 16 rows, neither with its own "
        "solver nor with L-BFGS or Adam.",
        "Without regularization each net should fit so few rows: units are dead or "
        "saturated, the gradient vanishes or is wrong, or starting weights or columns "
        "have a wrong scale.",
        "Look at the other findings; otherwise start with one hidden layer of relu "
        "units and weight_init='auto'.",
    ),
    "does_not_beat_chance": Kind(
        "error",
        "Training does not get below a constant",
        "The training loss stays at the loss of the best constant prediction.",
        "Nothing of X reaches the output, or no gradient comes back, or the learning "
        "rate is far off, or labels are shuffled.",
        "Look at the findings about learning rate, gradients and units.",
    ),
    "no_better_than_chance": Kind(
        "error",
        "Unseen rows are predicted no better than by a constant",
        "The score of rows that were held out is not above that of the best constant.",
        "X contains nothing about y that this net can use. If the net does well on its "
        "training rows, labels may be shuffled, or X and y misaligned.",
        "Print some rows with their labels; then look at the other findings.",
    ),
    "constant_columns": Kind(
        "warning",
        "Columns are constant",
        "A column has the same value in all rows, or more than a quarter of the "
        "columns are 0 in all rows. If the net scales the columns itself, this is a "
        "note.",
        "A constant column contains nothing that tells rows apart; often something "
        "went wrong when it was read or computed.",
        "Check where the column comes from, or drop it: VarianceThreshold() before the "
        "net.",
    ),
    "conflicting_duplicates": Kind(
        "warning",
        "Equal rows have different labels",
        "Rows are equal in X and have different labels. Below 1 row in 100 this is a "
        "note.",
        "No net can predict all of these rows correctly: some labels are wrong, or a "
        "column that tells the rows apart is missing.",
        "Look at the rows (X.iloc[rows] of a data frame). Correct or drop them, or add "
        "the missing column.",
    ),
    "label_noise": Kind(
        "warning",
        "Labels are probably wrong",
        "Nets that had not seen a row, and its nearest neighbours, contradict its "
        "label: at least 2 % of the rows. Checked only if training is healthy.",
        "Nets that had not seen these rows predict another label with high "
        "probability: the rows were labelled wrongly, or X and y are misaligned.",
        "Look at the listed rows (X.iloc[rows] of a data frame), the first ones first. "
        "Correct or drop them; label_smoothing=0.1 reduces the influence of the rest.",
    ),
    "overfitting": Kind(
        "warning",
        "Unseen rows are predicted much worse",
        "The score of training rows is better than that of held-out rows by 0.15 (R² "
        "or accuracy), beyond noise.",
        "The net memorizes rows: it has too many parameters, or too many epochs, for "
        "this number of rows.",
        "Regularize (alpha, dropout, early stopping), use fewer units, or collect more "
        "rows.",
    ),
    "worse_than_linear": Kind(
        "warning",
        "A linear model is better",
        "A linear model predicts held-out rows better, beyond noise. If no other "
        "finding has a cure, a higher learning rate, more epochs and wider layers are "
        "tried; the first that helps on these rows becomes the cure.",
        "The hidden layers do more harm than good: training goes wrong, the net "
        "overfits, or y depends on X linearly.",
        "Cure the other findings first, or set what helped in a trial; otherwise set "
        "hidden_layer_sizes=() and a larger alpha.",
    ),
    "oversized_net": Kind(
        "note",
        "A linear model is as good as this large net",
        "The net has more than 30 parameters per row, and predicts held-out rows no "
        "better than a linear model.",
        "The relation of X and y is close to linear, or there are too few rows for "
        "hidden layers to help.",
        "Use fewer units, or none: hidden_layer_sizes=().",
    ),
}
