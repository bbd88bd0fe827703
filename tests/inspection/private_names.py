"""The private names that tests of this folder use.

When a file of skdl moves or is renamed, only the imports below change.
"""

# ruff: noqa: F401

from skdl.inspection import live_plot
from skdl.inspection._check_arguments import (
    check_indices,
    check_integer,
    check_number,
    check_table,
)
from skdl.inspection._metric_names import metric_label, metric_of
from skdl.inspection._unwrap import hidden_layer_index, unwrap_net
from skdl.inspection.diagnosis._baselines import (
    check_baselines,
    check_epochs,
    check_gap,
    train_linear,
)
from skdl.inspection.diagnosis._data import (
    check_class_imbalance,
    check_columns,
    check_duplicates,
    check_targets,
    data_facts,
)
from skdl.inspection.diagnosis._derivatives import _wrong_loss, check_gradients
from skdl.inspection.diagnosis._labels import check_label_noise
from skdl.inspection.diagnosis._layers import (
    check_activations,
    check_gradient_flow,
    check_gradient_signs,
    check_units,
    check_weights,
)
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis._scores import (
    Score,
    constant_score,
    has_score,
    metric_name,
    scale_of,
    score_of,
)
from skdl.inspection.diagnosis._subject import copy_net, make_subject
from skdl.inspection.diagnosis._training import (
    check_chance,
    check_divergence,
    check_few_rows,
    check_initial_loss,
    check_rate,
    check_rise,
    check_update_ratios,
)
from skdl.inspection.diagnosis._trial import Budget, Curve, run_trial
from skdl.inspection.displays import _axes
from skdl.inspection.displays._mosaic import (
    as_images,
    check_image_shape,
    columns_for,
    mosaic,
    to_unit_range,
)
from skdl.inspection.learning_rate import _divergence_bound
