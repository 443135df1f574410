"""Tables on everyday topics, with values drawn at random by a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from benchmarks.corpus.tables import Style, Table, numbers, texts

Topic = Callable[[Random, int, str], Table]


def seeded(topic: Topic, seed: int, n_rows: int, decimal: str = ".") -> Table:
    """Return a table on a topic, always the same for a seed."""
    return topic(Random(seed), n_rows, decimal)


def weather(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return days at a weather station."""
    first = date(2023, 1, 9) + timedelta(rng.randrange(300))
    one = Style(1, decimal)
    return Table(
        (
            texts("date", (str(first + timedelta(k)) for k in range(n_rows))),
            texts("station", _drawn(rng, n_rows, ("Airport", "Harbour", "Old Mill"))),
            numbers("temp_max", (rng.gauss(14, 6) for _ in range(n_rows)), one),
            numbers("rain_mm", (max(0, rng.gauss(1, 4)) for _ in range(n_rows)), one),
            texts("sky", _drawn(rng, n_rows, ("clear", "cloudy", "fog", "rain"))),
        )
    )


def trees(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the trees of a town."""
    return Table(
        (
            texts("species", _drawn(rng, n_rows, ("Norway maple", "London plane", "Silver birch", "Lime"))),
            texts("district", _drawn(rng, n_rows, ("North", "Centre", "Riverside"))),
            numbers("height", (rng.uniform(4, 28) for _ in range(n_rows)), Style(1, decimal)),
            numbers("girth", (rng.randrange(30, 260) for _ in range(n_rows))),
            numbers("planted", (rng.randrange(1921, 2019) for _ in range(n_rows))),
            texts("condition", _drawn(rng, n_rows, ("good", "fair", "poor"))),
        )
    )


def patients(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return patients of a study."""
    return Table(
        (
            texts("patient", (f"P{rng.randrange(100, 999)}-{k:02}" for k in range(n_rows))),
            texts("sex", _drawn(rng, n_rows, ("female", "male"))),
            numbers("age", (rng.randrange(19, 88) for _ in range(n_rows))),
            numbers("BMI", (rng.gauss(26, 4) for _ in range(n_rows)), Style(1, decimal)),
            numbers("creatinine", (abs(rng.gauss(0.9, 0.3)) for _ in range(n_rows)), Style(2, decimal)),
            texts("outcome", _drawn(rng, n_rows, ("recovered", "relapsed"))),
        )
    )


def cars(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return used cars."""
    return Table(
        (
            texts("model", _drawn(rng, n_rows, ("Fiesta", "Golf GTI", "C3 Aircross", "Model 3", "500e"))),
            numbers("year", (rng.randrange(2005, 2024) for _ in range(n_rows))),
            numbers("mileage", (rng.randrange(900, 190000) for _ in range(n_rows))),
            numbers("l/100km", (rng.uniform(3.5, 11) for _ in range(n_rows)), Style(1, decimal)),
            texts("fuel", _drawn(rng, n_rows, ("petrol", "diesel", "electric"))),
            texts("sold", _drawn(rng, n_rows, ("yes", "no"))),
        )
    )


def films(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return films, of which some titles contain commas."""
    titles = (
        "The Good, the Bad and the Ugly",
        "Crouching Tiger, Hidden Dragon",
        "Alien",
        "Good Bye, Lenin!",
        "Run Lola Run",
        "Paris, Texas",
        "Jaws",
        "Sex, Lies, and Videotape",
        "Vertigo",
    )
    return Table(
        (
            texts("title", _drawn(rng, n_rows, titles)),
            numbers("released", (rng.randrange(1958, 2022) for _ in range(n_rows))),
            numbers("minutes", (rng.randrange(79, 195) for _ in range(n_rows))),
            numbers("rating", (rng.uniform(3, 9.5) for _ in range(n_rows)), Style(1, decimal)),
            texts("genre", _drawn(rng, n_rows, ("drama", "comedy", "western", "thriller"))),
        )
    )


def survey(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return answers of pupils, all of them texts."""
    return Table(
        (
            texts("grade", _drawn(rng, n_rows, ("Year 9", "Year 10", "Year 11"))),
            texts("way to school", _drawn(rng, n_rows, ("bus", "bike", "walk", "car"))),
            texts("breakfast", _drawn(rng, n_rows, ("always", "sometimes", "never"))),
            texts("likes maths", _drawn(rng, n_rows, ("agree", "neutral", "disagree"))),
        )
    )


def wine(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return measurements of wines, all of them numbers."""
    return Table(
        (
            numbers("fixed acidity", (rng.gauss(7.8, 1.2) for _ in range(n_rows)), Style(1, decimal)),
            numbers("chlorides", (abs(rng.gauss(0.08, 0.02)) for _ in range(n_rows)), Style(3, decimal)),
            numbers("pH", (rng.gauss(3.3, 0.15) for _ in range(n_rows)), Style(2, decimal)),
            numbers("alcohol", (rng.gauss(10.4, 1) for _ in range(n_rows)), Style(1, decimal)),
            numbers("quality", (rng.randrange(3, 9) for _ in range(n_rows))),
        )
    )


def football(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the teams of a league."""
    return Table(
        (
            texts("Team", _drawn(rng, n_rows, ("Rovers", "United", "City", "Athletic", "Wanderers", "Town"))),
            numbers("Pld", (rng.randrange(30, 38) for _ in range(n_rows))),
            numbers("W", (rng.randrange(0, 30) for _ in range(n_rows))),
            numbers("GF", (rng.randrange(20, 99) for _ in range(n_rows))),
            numbers("GD", (rng.randrange(-40, 60) for _ in range(n_rows))),
            texts("Zone", _drawn(rng, n_rows, ("promotion", "safe", "relegation"))),
        )
    )


def soil(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return samples of soil."""
    return Table(
        (
            texts("plot", (f"{rng.choice('ABCD')}{rng.randrange(1, 60)}" for _ in range(n_rows))),
            numbers("pH", (rng.gauss(6.2, 0.6) for _ in range(n_rows)), Style(2, decimal)),
            numbers("clay", (rng.uniform(4, 48) for _ in range(n_rows)), Style(1, decimal)),
            numbers("nitrogen", (rng.uniform(0.02, 0.3) for _ in range(n_rows)), Style(3, decimal)),
            texts("use", _drawn(rng, n_rows, ("forest", "pasture", "arable"))),
        )
    )


def energie(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the use of energy of German households."""
    return Table(
        (
            texts("Haushalt", (f"H{k:03}" for k in range(11, 11 + n_rows))),
            numbers("Personen", (rng.randrange(1, 6) for _ in range(n_rows))),
            numbers("Strom_kWh", (rng.uniform(900, 6200) for _ in range(n_rows)), Style(1, decimal)),
            numbers("Wohnfläche", (rng.uniform(28, 190) for _ in range(n_rows)), Style(2, decimal)),
            texts("Heizung", _drawn(rng, n_rows, ("Gas", "Wärmepumpe", "Fernwärme", "Öl"))),
        )
    )


def boutique(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the orders of a French shop."""
    goods = ("thé vert, 100 g", "café moulu", "sirop de fraise", "miel, pot de 500 g", "gâteau breton")
    return Table(
        (
            texts("commande", (f"C-{rng.randrange(1000, 9999)}" for _ in range(n_rows))),
            texts("article", _drawn(rng, n_rows, goods)),
            numbers("quantité", (rng.randrange(1, 12) for _ in range(n_rows))),
            numbers("prix", (rng.uniform(2, 40) for _ in range(n_rows)), Style(2, decimal)),
            texts("livraison", _drawn(rng, n_rows, ("à domicile", "point relais"))),
        )
    )


def alumnos(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the marks of Spanish pupils."""
    return Table(
        (
            texts("alumno", _drawn(rng, n_rows, ("Íñigo", "Begoña", "Lucía", "Martín", "Inés", "Raúl"))),
            numbers("lengua", (rng.uniform(2, 10) for _ in range(n_rows)), Style(2, decimal)),
            numbers("matemáticas", (rng.uniform(2, 10) for _ in range(n_rows)), Style(2, decimal)),
            texts("turno", _drawn(rng, n_rows, ("mañana", "tarde"))),
            texts("aprobado", _drawn(rng, n_rows, ("sí", "no"))),
        )
    )


def bikes(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the rentals of bikes at certain times."""
    starts = (f"{rng.randrange(6, 23):02}:{rng.randrange(0, 60, 5):02}" for _ in range(n_rows))
    return Table(
        (
            texts("start", starts),
            texts("day", _drawn(rng, n_rows, ("Mon", "Tue", "Wed", "Thu", "Fri"))),
            numbers("minutes", (rng.randrange(3, 90) for _ in range(n_rows))),
            numbers("km", (rng.uniform(0.4, 17) for _ in range(n_rows)), Style(2, decimal)),
            texts("user", _drawn(rng, n_rows, ("member", "guest"))),
        )
    )


def loans(rng: Random, n_rows: int, decimal: str) -> Table:
    """Return the loans of a bank, in many columns."""
    return Table(
        (
            texts("loan_id", (f"LN{rng.randrange(10**5, 10**6)}" for _ in range(n_rows))),
            texts("purpose", _drawn(rng, n_rows, ("car", "home", "studies", "debt"))),
            numbers("amount", (rng.randrange(1000, 40000, 500) for _ in range(n_rows))),
            numbers("rate", (rng.uniform(3, 19) for _ in range(n_rows)), Style(2, decimal)),
            numbers("months", rng.choices((12, 24, 36, 60), k=n_rows)),
            numbers("income", (rng.uniform(900, 9000) for _ in range(n_rows)), Style(2, decimal)),
            numbers("cards", (rng.randrange(0, 7) for _ in range(n_rows))),
            texts("owner", _drawn(rng, n_rows, ("rent", "own", "mortgage"))),
            texts("region", _drawn(rng, n_rows, ("N", "E", "S", "W"))),
            texts("status", _drawn(rng, n_rows, ("repaid", "late", "default"))),
        )
    )


TOPICS: tuple[Topic, ...] = (
    *(weather, trees, patients, cars, films, survey, wine, football, soil),
    *(energie, boutique, alumnos, bikes, loans),
)


def _drawn(rng: Random, n_rows: int, words: Sequence[str]) -> list[str]:
    return rng.choices(words, k=n_rows)
