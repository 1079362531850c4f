"""Blocks of PCM on one clock: devices, files, mixing. Knows neither words nor exercise."""
