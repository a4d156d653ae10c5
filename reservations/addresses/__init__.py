"""Where members live: which lines a country asks for, which of them are saved, and which spellings mean one place."""
