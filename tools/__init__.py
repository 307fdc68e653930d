"""What maintainers run; nothing here is needed to take the course."""
