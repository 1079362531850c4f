"""The proof that nothing leaves the machine; scripts/prove_offline runs it."""
