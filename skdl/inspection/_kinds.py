"""The kinds of findings: how bad each is, and what it is in a few words."""

__all__ = ["KINDS", "SEVERITIES"]

# Whether training cannot work like this, works worse than it could, or there is
# something to know.
SEVERITIES = ("error", "warning", "note")

# Causes come before what they lead to: among equal severities a report has this order.
KINDS = {
    "unscaled_columns": ("warning", "Columns are not scaled"),
    "constant_columns": ("warning", "Columns are constant"),
    "constant_targets": ("error", "All rows have the same target"),
    "unscaled_targets": ("warning", "Targets are far from unit scale"),
    "class_imbalance": ("warning", "Classes are of very different size"),
    "conflicting_duplicates": ("warning", "Equal rows have different labels"),
    "wrong_gradient": ("error", "A gradient is not the derivative of its function"),
    "high_initial_loss": ("warning", "The loss at the start is too high"),
    "vanishing_gradient": ("error", "The gradient vanishes on its way back"),
    "exploding_gradient": ("error", "The gradient explodes on its way back"),
    "saturated_units": ("warning", "Units are saturated"),
    "uncentred_activations": ("warning", "Activations are far from centred"),
    "one_sign_gradient": ("warning", "All gradients of a unit have one sign"),
    "diverged": ("error", "Training diverged"),
    "loss_rises_early": ("error", "The loss goes up at first"),
    "large_updates": ("warning", "Steps are large compared with the weights"),
    "loss_flattens_early": ("warning", "The loss flattens while it is still high"),
    "loss_falls_slowly": ("warning", "The loss falls too slowly"),
    "tiny_updates": ("warning", "Steps are tiny compared with the weights"),
    "dead_units": ("warning", "Units are dead"),
    "large_weights": ("warning", "Weights are large"),
    "cannot_overfit": ("error", "A few rows cannot be learned by heart"),
    "does_not_beat_chance": ("error", "Training does not get below a constant"),
    "no_better_than_chance": ("error", "Unseen rows are predicted no better than by "
                              "a constant"),
    "label_noise": ("warning", "Labels are probably wrong"),
    "overfitting": ("warning", "Unseen rows are predicted much worse"),
    "worse_than_linear": ("warning", "A linear model is better"),
    "oversized_net": ("note", "A linear model is as good as this large net"),
}  # fmt: skip
