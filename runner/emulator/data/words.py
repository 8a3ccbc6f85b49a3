"""The vocabulary that titles, headings and keywords are made of."""

SECTIONS = ("shoes", "shirts", "books", "garden", "kitchen", "toys", "bikes", "phones", "lamps", "tents", "bags", "tea")
ADJECTIVES = (
    "Light",
    "Warm",
    "Blue",
    "Small",
    "Sturdy",
    "Classic",
    "Organic",
    "Quiet",
    "Folding",
    "Green",
    "Hand-made",
)
NOUNS = ("Boots", "Coat", "Novel", "Rake", "Kettle", "Puzzle", "Saddle", "Charger", "Lantern", "Tarpaulin", "Satchel")
KEYWORDS = ("boots", "winter coat", "blue kettle", "café table", "rake, steel", "tent for 4", "茶", "подарок")
COUNTRIES = ("usa", "gbr", "fra", "deu", "jpn")
DEVICES = ("desktop", "mobile", "tablet")
# As often as each is listed.
PAGE_TYPES = (*["pdp"] * 14, *["plp"] * 9, *["category"] * 5, *["article"] * 2, "search")

# One title in so many is one of these: what files that people receive really contain.
ODDITIES = (
    'Mug, 11" tall, "hand made"',
    "Two lines\nin one title",
    "Carriage\r\nreturn, too",
    "日本語のタイトル、コンマ付き",
    "Заголовок страницы",
    "عنوان الصفحة",
    "Crème brûlée & café 🍮",
    "NA",
    "007",
    "  padded  ",
    "sep=,",
    '"',
)
HOSTILE = (
    '=HYPERLINK("https://example.org","x")',
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "\t\u200b\u202e\ufeff",
    "'; DROP TABLE urls; --",
    "x" * 5_000,
)
