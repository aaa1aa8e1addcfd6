"""What the product costs in calls, memory and seconds. Bounds that no machine's speed can move are checked."""
