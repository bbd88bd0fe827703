"""The part of the docstrings that all nets share, written once."""

import inspect

__all__ = ["documented"]

PARAMETERS = """\
hidden_layer_sizes : int, sequence of int or HiddenLayers, default=(100,)
    Units of each hidden layer. ``()`` gives the linear model. A
    ``skdl.engine.HiddenLayers(n_layers, width)`` makes depth and width two numbers that
    can be searched, as ``hidden_layer_sizes__width``.
activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', \
'softplus', 'silu', 'gelu', 'maxout'}, activation object, \
or list of these, default='relu'
    Of the hidden layers; a list has one for each. Objects of `skdl.engine`
    (`LeakyRelu`, `Elu`, `Maxout` …) have settings; one of your own needs the methods
    ``forward`` and ``backward`` that `skdl.engine.activations` describes.
solver : {'lbfgs', 'sgd', 'adam', 'adagrad', 'rmsprop', 'adamw'} or optimizer object, \
default='adam'
    'sgd' is gradient descent with momentum; 'lbfgs' evaluates all rows at once and
    suits small data. Objects of `skdl.engine` (`Adagrad`, `RMSprop`, `Adam`, `AdamW`,
    `SGD`) have settings of their own, which win over `momentum`, `beta_1` and so on,
    and can be searched as ``solver__decay``.
alpha : float, default=0.0001
    Strength of the penalty: the objective is the mean loss plus
    alpha / batch weight · R(W), where `penalty` says what R is (by default ½‖W‖²), W
    are all weights and no bias, and the batch weight is the number of rows in the batch
    (all rows with 'lbfgs') or the sum of their weights. A strength λ on the mean loss,
    as textbooks have it, is ``alpha = λ * batch_size``.
batch_size : int or 'auto', default='auto'
    Rows per step; 'auto' is min(200, n_samples).
learning_rate : {'constant', 'invscaling', 'adaptive'}, the name of another schedule \
or schedule object, default='constant'
    'invscaling' divides by (rows seen + 1) ** power_t, rows counted by their weights;
    'adaptive' by 5 on each plateau, until 1e-6. As in scikit-learn, both are inert with
    'adam'. Schedules of `skdl.engine` are objects (`StepDecay`, `Exponential`,
    `Cosine`, `CosineRestarts`, `OneCycle`, `Warmup`, `ReduceOnPlateau` and the classes
    of the names), or names for their defaults: 'step_decay', 'exponential', 'cosine',
    'cosine_restarts', 'one_cycle', 'warmup', 'reduce_on_plateau'. They apply to every
    solver but 'lbfgs', which refuses them.
learning_rate_init : float, default=0.001
    The rate, which a schedule multiplies. Inert with 'lbfgs'.
power_t : float, default=0.5
    The exponent of 'invscaling'.
max_iter : int, default=200
    Most epochs, or iterations of 'lbfgs'.
shuffle : bool, default=True
    Whether each epoch draws a new order of the rows.
random_state : int, RandomState instance or None, default=None
    Initialization, shuffling, the validation split, dropout and `augment` draw from
    independent streams of it. The same integer gives the same bits for the same number
    of BLAS threads and, with ``weight_init=None``, the starting weights of
    scikit-learn.
tol : float, default=1e-4
    An epoch that improves the loss (with early stopping, the score) by less counts as
    stalled; of a regressor's outputs, the mean loss counts. 'lbfgs' ends when no
    element of the gradient is larger.
verbose : bool, default=False
    Whether to print the loss of each epoch.
warm_start : bool, default=False
    Whether ``fit`` goes on from the last call: parameters, optimizer, schedule and
    random streams. scikit-learn goes on from the parameters only.
momentum : float, default=0.9
    Of 'sgd', in [0, 1].
nesterovs_momentum : bool, default=True
    Whether the momentum looks ahead.
early_stopping : bool, default=False
    Whether to watch a score on validation rows instead of the loss, to stop by it, and
    to restore the best epoch. The rows are those of `X_val` in ``fit``, or the first
    split of `validation_split`, or held out by `validation_fraction`. Inert with
    'lbfgs', as in scikit-learn, unless `X_val`, `validation_split` or `scoring` asks
    for it.
validation_fraction : float, default=0.1
    Share of the rows that early stopping holds out, stratified where classes allow.
beta_1, beta_2 : float, default=0.9 and 0.999
    Decay of Adam's moments, in [0, 1).
epsilon : float, default=1e-8
    Adam's guard against division by zero.
n_iter_no_change : int or inf, default=10
    Training ends when more epochs than this in a row have stalled.
max_fun : int, default=15000
    Most evaluations of the objective by 'lbfgs'.
dropout : float, sequence of float or None, default=None
    Share of the units that are silent for a batch, in [0, 1): of every hidden layer, or
    a sequence with the input's first and one for each hidden layer. What stays is
    scaled up, so that prediction has nothing to do. Not with 'lbfgs'.
normalization : {'batch'}, BatchNorm or None, default=None
    Whether hidden layers are normalized over each batch (`skdl.engine.BatchNorm` has
    settings); prediction uses running means. Not with 'lbfgs'.
normalization_position : {'before', 'after'}, default='before'
    Before or after the activation.
residual : bool, default=False
    Whether a bypass leads around each hidden layer but the first: its input is added
    to its output, by way of a learned matrix where the widths differ. Starting weights
    are then smaller, for depth not to add up; see `projections_`.
weight_init : {'auto', 'glorot_uniform', 'glorot_normal', 'he_normal', 'lecun_normal', \
'truncated_normal'}, float, initializer object or None, \
default={weight_init}
    How weights start. 'auto' draws normal weights of variance 2 / fan_in (He) after
    ReLU-like units, and 1 / fan_in (LeCun) elsewhere. None is scikit-learn's way, which
    draws the biases, too. A number is the standard deviation of normal weights. With
    all but None, biases start at 0. MLPClassifier and MLPRegressor have None by default
    and so start as scikit-learn's do, the other nets 'auto'.
max_grad_norm : float or None, default=None
    Longer gradients g are scaled to g · c / max(c, ‖g‖), c being this bound; not with
    'lbfgs'.
scoring : str, callable or None, default=None
    What early stopping watches: None is scikit-learn's choice, accuracy or R²; 'loss'
    the mean loss without the penalty, negated; else a scorer of scikit-learn by name,
    or ``scorer(net, X, y)``.
validation_split : int, splitter, iterable or None, default=None
    A cross-validation splitter of scikit-learn (or the number of its folds), whose
    first split says which rows to train on and which to validate on; rows in neither
    part are not used. They validate for `history_` without `early_stopping`, too.
    Groups go in as ``list(splitter.split(X, y, groups))``.
max_time : float or None, default=None
    Seconds that a call of ``fit`` or ``partial_fit`` may train; it ends after the batch
    (with 'lbfgs', the iteration) in which they are over.
max_restarts : int, default=0
    How often a fit that diverged goes on from its last good weights (those before the
    epoch of the lowest loss), each time at a tenth of the rate; the epochs count
    towards `max_iter`. Not with 'lbfgs'.
penalty : {'l2', 'l1', 'elasticnet', 'l0'}, penalty object or None, default='l2'
    R(W), which `alpha` multiplies: ½‖W‖² for 'l2'; ‖W‖₁ for 'l1';
    l1_ratio · ‖W‖₁ + (1 - l1_ratio) · ½‖W‖² for 'elasticnet'; the number of weights
    that are not zero for 'l0'. ‖W‖² goes through the gradient; the others threshold
    each weight after the step, in proportion to the solver's own step for it, and make
    weights exactly 0. 'l0' has many local minima, and good ones need long steps: 'sgd'
    or 'adagrad'. None leaves `alpha` unused. 'lbfgs' refuses all but 'l2' and None.
    With 'adamw' the penalty acts beside the solver's decay. Objects of `skdl.engine`
    hold settings of their own, as in ``ElasticNetPenalty(l1_ratio=0.3)``.
l1_ratio : float, default=0.15
    Share of ‖W‖₁ in 'elasticnet', in [0, 1]. Not used otherwise.
standardize : bool or {'feature', 'channel'}, default=False
    Whether the net standardizes its input, (X - mean) / std, in training and in every
    prediction, so that X stays as it is, in uint8, say. True and 'feature' do so by
    column, 'channel' with one mean and one std for each channel of `image_shape`. They
    are learned in one pass over the rows that are trained on (no validation rows), as
    `Standardizer` does: with the population variance, weighted by `sample_weight`,
    and with 1 for the std of constant columns. ``partial_fit`` merges the moments of
    its rows before it trains on them; a warm start keeps those of the first ``fit``.
    Not for a sparse X.
image_shape : sequence of two or three int or None, default=None
    (height, width, channels), if the rows of X are images, pixel by pixel with the
    channels of a pixel side by side: what ``images.reshape(len(images), -1)`` gives.
    (height, width) is one channel. `standardize` and `augment` read it.
augment : augmenter object, callable or None, default=None
    What training rows pass through on their way into a batch, before they are
    standardized, anew in each epoch; validation rows and predictions never do. A
    function ``f(images, rng)`` gets an array of shape (n, height, width, channels), or
    of rows without `image_shape`, in the dtype of X, and a `numpy.random.Generator`; it
    may change the array, and returns one of this shape and dtype. An object with
    ``start`` may mix rows with their targets, too (mixup), where the loss has a meaning
    for what lies between two targets: cross-entropies and all losses of numbers, but no
    hinge. A mixed row then keeps its own weight, by `sample_weight` and class. Not for
    a sparse X, nor with 'lbfgs'."""

CLASSIFIER_PARAMETERS = """\
label_smoothing : float, default=0.0
    The ε, in [0, 1), of targets t ← (1 - ε) t + ε / n_classes, with labels that do not
    exclude one another (1 - ε) t + ε / 2: a net need not become ever surer. Scores are
    finite at the optimum then, and the cross-entropy does not fall to 0. Margin losses
    refuse it. C. Szegedy et al., "Rethinking the inception architecture for computer
    vision", 2016.
class_weight : dict, list of dict, 'balanced' or None, default=None
    What a row weighs in training by its class, times its `sample_weight`; scores, those
    of early stopping included, count `sample_weight` alone. A dict goes from labels to
    weights; a label that is not in it has weight 1. 'balanced' is n / (n_classes · n_j)
    with the n_j rows of class j, each counted by its `sample_weight`, the held-out rows
    of early stopping included; ``partial_fit`` refuses it. With several columns of
    labels, or an indicator matrix, a list has a dict for each column, and the weights
    of a row's labels are multiplied. With soft targets t, keys are 0 to n_classes - 1,
    a row's weight is Σ_j t_j c_j with the weights c_j of the classes, and n_j sums the
    t_j."""

ATTRIBUTES = """\
coefs_ : list of ndarray of shape (fan_in, fan_out)
    Weights of each layer: views of one flat vector. Of k maxout pieces, the matrices
    lie side by side: (fan_in, k · units). ``net.coefs_[i] = W`` copies W into the net,
    and so does ``net.coefs_ = [...]``; shapes stay, and values must be finite.
intercepts_ : list of ndarray of shape (fan_out,)
    Biases of each layer: views of it, too, that can be set in the same way.
input_mean_, input_scale_ : ndarray of shape (n_features_in_,)
    With `standardize` only: what is subtracted from each column of X, and what it is
    divided by then. The first layer's weights, and `coef_`, are on the result.
projections_ : list of ndarray or None
    Of each bypass, with ``residual=True``: the matrix between different widths.
n_zero_weights_ : int
    How many of the weights are exactly 0, as 'l1', 'elasticnet' and 'l0' make them.
feature_importances_ : ndarray of shape (n_features_in_,)
    How strongly the weights tie each column of X to the scores: the root of the sum,
    over all paths from the column through the units to a score, of the squared product
    of the weights on the path (the path norm of B. Neyshabur et al., "Norm-based
    capacity control in neural networks", COLT 2015), divided by the sum over the
    columns. Like `coef_` it is per unit of a column, so that the columns must be of one
    scale (with `standardize` it is per standard deviation, and they are); and it knows
    the weights only: those of a column that is of no use stay
    where they started unless a penalty takes them down.
    `sklearn.inspection.permutation_importance` needs data and no such care.
loss_ : float
    The last epoch's mean objective; NaN if the first one was interrupted.
loss_curve_ : list of float
    The objective of each epoch, penalty included.
best_loss_ : float or None
    The smallest of them; None with early stopping.
validation_scores_ : list of float or None
    With early stopping, the score of each epoch on the held-out rows.
best_validation_score_ : float or None
    The largest of them.
history_ : dict of ndarray of shape (n_epochs,)
    Epoch by epoch, of all calls that went on from one another: 'loss' (as in
    `loss_curve_`), 'validation_loss' (without the penalty) and 'validation_score' (NaN
    without validation rows), 'learning_rate' (NaN with 'lbfgs'), 'gradient_norm'
    (before clipping) and 'update_ratio' (‖Δw‖ / ‖w‖) of the last step (NaN if the
    epoch ended before it), and 'time' in seconds, without that of callbacks.
stop_reason_ : str or None
    Why training ended: 'converged', 'max_iter', 'max_fun', 'max_time', 'callback',
    'interrupted', or 'diverged' where early stopping had a best epoch to restore; None
    after a ``partial_fit`` that did not end it.
training_ : TrainingRun
    While ``fit`` runs, for callbacks: epoch, rate, optimizer and random streams.
n_iter_ : int
    Epochs (or iterations) of the last call.
t_ : int
    Rows seen in all.
n_layers_ : int
    Layers, the input and the output among them.
n_outputs_ : int
    Raw scores per row.
out_activation_ : str or list of str
    The link from scores to predictions; a list where columns of labels differ in it.
n_features_in_ : int
    Number of features.
feature_names_in_ : ndarray of shape (n_features_in_,)
    Their names, if X has string column names."""

LINEAR = """\
coef_, intercept_ : ndarray
    Of the linear model (``hidden_layer_sizes=()``) only; with `standardize` on columns
    (X - input_mean_) / input_scale_."""

CLASSES = """\
classes_ : ndarray of shape (n_classes,), or list of ndarray
    The classes, sorted; a list with those of each column, if y has several columns of
    labels."""


def documented(cls):
    """Fill the places {parameters}, {attributes} … of a class's docstring."""
    places = {
        "{parameters}": PARAMETERS,
        "{classifier_parameters}": CLASSIFIER_PARAMETERS,
        "{attributes}": ATTRIBUTES,
        "{classes}": CLASSES,
        "{linear}": LINEAR,
        # Last, as it stands within the parameters.
        "{weight_init}": repr(cls.weight_init),
    }
    text = inspect.cleandoc(cls.__doc__)
    for place, filling in places.items():
        text = text.replace(place, filling)
    cls.__doc__ = text
    return cls
