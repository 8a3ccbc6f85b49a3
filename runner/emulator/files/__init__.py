"""What a finished job gives to download: rows, formatted, packed, kept until room is needed."""
