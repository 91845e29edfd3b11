"""The three lanes on which gifts travel, and the charity behind two of them. The platform keeps no money on any."""
