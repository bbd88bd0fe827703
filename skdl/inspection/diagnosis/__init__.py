"""`diagnose`: checks of data, training, layers and baselines, and their findings."""
