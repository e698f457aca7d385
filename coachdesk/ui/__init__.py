"""The desktop windows. Qt is imported here and nowhere else."""
