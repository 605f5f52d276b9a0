"""Mathematics that knows no random walk: graded series over differential rings, and operators made of them."""
