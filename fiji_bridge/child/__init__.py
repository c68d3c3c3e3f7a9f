"""The package fiji_bridge/child."""
