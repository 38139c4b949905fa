"""Spike-aware architecture search for spiking neural networks, as a population search on Ray Tune."""
