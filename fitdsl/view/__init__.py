"""What people and programs get to see: pure functions from findings, programs and compilations to text."""
