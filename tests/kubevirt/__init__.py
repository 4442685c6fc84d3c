"""Manifests for KubeVirt: golden cases, rules, and validation by KubeVirt's schemas."""
