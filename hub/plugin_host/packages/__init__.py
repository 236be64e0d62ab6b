"""Plugins that `hub plugins add` installed: the check of a wheel, its download, and the folder that holds each plugin apart."""
