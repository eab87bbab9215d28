"""The back end: a torch-free control plane and, in separate processes, the workers."""

__version__ = "0.1.0"
