"""Tests of the public API: connect(), Hypervisor, Guest, GuestSpec."""
