"""Words that streets have in common: by each spelling what it stands for. Spelled without accents, in lower case.

`place_key` compares addresses by them. A word that is missing here makes two spellings two places, and nothing worse.
"""

# What a street is, and directions: by the word that stands for all, the others.
KINDS = {
    "st": "street str strasse straße straat saint sainte sankt sint",
    "ave": "avenue av aven avenu avenida avda avd",
    "rd": "road",
    "dr": "drive drv",
    "ln": "lane",
    "ct": "court crt",
    "pl": "place platz plads plass plac",
    "plza": "plaza piazza pza pzza praca plein",
    "blvd": "boulevard boul bd bvd bulevar bulwar",
    "cir": "circle circ",
    "cres": "crescent cresc",
    "sq": "square",
    "ter": "terrace terr tce",
    "hwy": "highway",
    "pkwy": "parkway pky",
    "expy": "expressway",
    "trl": "trail",
    "way": "wy",
    "aly": "alley allee",
    "gdns": "gardens garden gdn",
    "grv": "grove gr",
    "hts": "heights",
    "mt": "mount",
    "ft": "fort",
    "ctr": "center centre",
    "bldg": "building gebaude",
    "r": "rue rua",
    "ch": "chemin",
    "rte": "route",
    "c": "calle cll",
    "via": "v",
    "vle": "viale",
    "ul": "ulica ulitsa улица ул",
    "weg": "",
    "gasse": "",
    "ring": "",
    "damm": "",
    "ufer": "",
    "laan": "",
    "vej": "vejen",
    "gade": "gata gatan gaten gt",
    "vei": "veien vag vagen",
    "katu": "",
    "utca": "",
    "pobox": "pob postfach",
    "n": "north nord norte",
    "s": "south sud sur",
    "e": "east ost este est oost",
    "w": "west ouest oeste",
}
DIRECTIONS = {"ne": "n e", "nw": "n w", "se": "s e", "sw": "s w"} | {
    f"{one}{other}": f"{one[0]} {other[0]}" for one in ("north", "south") for other in ("east", "west")
}
# Before the number of a part of a house. "floor" and its like also stand behind it.
UNITS = (
    "apt apartment appartement appartment appt app apto ap apartamento mieszkanie m unit flat flt suite ste room rm top tuer "
    "wohnung whg puerta pta depto dpto departamento interno int interior lgh lagenhet leilighet bus bte boite "
    "kvartira кв квартира lot spc trlr studio door"
)
FLOORS = "floor fl flr etage etg og stock stockwerk obergeschoss piso planta plta level lvl 号室 室 호"
# Said of any address, and so of none.
FILLERS = (
    "the of de la le les du des del della di da do dos das der die das den dem and und et y po no nr num number nummer numero "
    "丁目 番地 番 号 の 호 bei"
)
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
# Endings that are a street's kind where they are written together with its name: Hauptstrasse, Musterweg.
ENDINGS = ("strasse", "straat", "platz", "gasse", "allee", "damm", "ufer", "gatan", "vagen", "veien", "laan", "weg", "str")
