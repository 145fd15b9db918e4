"""What a stage can minimise, said without torch."""
