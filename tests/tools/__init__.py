"""What tests have in common, in one place: no test module imports another one."""
