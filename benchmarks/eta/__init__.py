"""How good the learning rate is that each rule chooses."""
