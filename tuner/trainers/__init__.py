"""What trains networks, behind one small interface (`base`); our own trainer is `native`."""
