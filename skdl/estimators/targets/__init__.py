"""What y means to a net.

``fit`` chooses one `Targets` object for its y (``_choice.py``):

============== ================================================ =====================
`Numbers`      numbers, in one or several columns               ``_numbers.py``
`Labels`       one class label per row                          ``_labels.py``
`SoftRows`     one distribution over the classes per row        ``_labels.py``
`Indicator`    zeros and ones: several labels per row           ``_indicator.py``
`LabelColumns` several columns of class labels                  ``_label_columns.py``
============== ================================================ =====================

It knows the way from y to what the loss takes (`read`, then `encode`), the way from raw
scores back to predictions (`decode`), and how these are scored: ``_base.py`` lists what
each kind offers, and ``_classes.py`` has what all kinds of classes share. A fitted net
keeps plain attributes only (`fitted_attributes`), from which `targets_of` makes the
object again.
"""
