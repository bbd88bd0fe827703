"""What skdl costs, beside its peers: see benchmarks/README.md."""
