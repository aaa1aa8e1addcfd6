"""Tests of what surrounds the product: embedded servers, demo, locks, containers, lint tools."""
