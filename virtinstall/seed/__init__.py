"""Answer files for installers and cloud images."""
