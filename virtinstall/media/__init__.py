"""Install trees, ISO images, kernels and initrds."""
