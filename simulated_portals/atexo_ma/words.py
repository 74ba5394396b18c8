"""Words from which consultations are invented. Buyers, places inside names and objects are made up."""

from __future__ import annotations

# orgAcronyme, prefix, and invented bodies with their code.
BUYERS = (
    ("g3h", "M6", "CTAC", "COMMUNE TERRITORIALE D'AIN CHARIJ"),
    ("g3h", "M6", "CTOZ", "COMMUNE TERRITORIALE DE OULED ZERHOUN"),
    ("g3h", "M6", "SRM-HA", "SOCIETE REGIONALE MULTISERVICES DU HAUT ATLAS SA"),
    ("d4q", "MEMEE", "ODEA", "OFFICE DES EAUX DE L'ARGANERAIE - BRANCHE EAU"),
    ("q9t", "MS", "CHPR", "LE DIRECTEUR DU CENTRE HOSPITALIER PROVINCIAL DE RAS EL MA"),
    ("o8p", "M3", "DPET", "LE DIRECTEUR PROVINCIAL DE L'EQUIPEMENT ET DU TRANSPORT DE TIZI OUFELLA"),
    ("q1s", "M4", "ORMVT", "OFFICE REGIONAL DE MISE EN VALEUR AGRICOLE DE TAMLALT"),
    ("p8x", "MENESFC", "AREF-T", "ACADEMIE REGIONALE D'EDUCATION ET DE FORMATION DE TAMLALT"),
    ("z7x", "MENESFC", "UMB", "LE PRESIDENT DE L'UNIVERSITE MOHAMMED BENCHEKROUN"),
    ("f9f", "RSMD", "CUAZ", "COMMUNE URBAINE D'AIT ZITOUNE"),
)

BUYERS_OF = {
    "ma_cdg": (
        ("w6x", "CDG", "CDG-DM", "CAISSE DES DEPOTS DU HAUT PLATEAU - DIRECTION DES MOYENS"),
        ("w6x", "CDG", "FDV", "FONCIERE DES DEUX VALLEES"),
    ),
    "ma_cimr": (("c2r", "CIMR", "CIMR-LOG", "CAISSE DE RETRAITE DES OASIS - LOGISTIQUE"),),
    "ma_adm": (("a3d", "ADM", "ADM-EXP", "AUTOROUTES DES CRETES - DIRECTION DE L'EXPLOITATION"),),
}

# Category, object, activity domains.
OBJECTS = (
    ("Travaux", "Travaux de construction d'un centre de santé au douar {name}",
     "Travaux / Travaux de construction et d’aménagement / Gros oeuvre"),
    ("Travaux", "TRAVAUX D’AMENAGEMENT DES VOIES D’ACCES AU DOUAR {NAME} (LOT UNIQUE)",
     "Travaux / Travaux de voiries, chemins et pistes / Pistes"),
    ("Travaux", "Renforcement de l’alimentation en eau potable des douars {name} :\n• Pose de conduites\n• Génie civil",
     "Travaux / Travaux d’assainissement, d’eau potable et de réseaux divers / Travaux d’adduction d’eau potable"),
    ("Fournitures", "Achat de fournitures de bureau pour les services de {name}",
     "Fournitures / Matériel, mobilier et fournitures de bureau / Papeterie"),
    ("Fournitures", "ACQUISITION DE MATERIEL INFORMATIQUE AU PROFIT DE {NAME}",
     "Fournitures / Matériel informatique, logiciels et pièces de rechanges / Ordinateurs"),
    ("Fournitures", "Fourniture de médicaments & dispositifs médicaux « {name} »",
     "Fournitures / Equipements et produits médicaux, pharmaceutiques et de laboratoire / Médicaments"),
    ("Services", "Prestations de nettoyage des locaux de {name}",
     "Services / Nettoyage, gardiennage, entretien et maintenance / Nettoyage"),
    ("Services", "Gardiennage et surveillance des bâtiments administratifs de {name}",
     "Services / Nettoyage, gardiennage, entretien et maintenance / Gardiennage"),
    ("Services", "Étude technique et suivi des travaux de la route reliant {name} à la RN 9",
     "Services / Etudes d'ingénierie / Etudes techniques"),
    ("Services", "صيانة الحدائق العمومية بجماعة {name}",
     "Services / Nettoyage, gardiennage, entretien et maintenance / Jardinage"),
)  # fmt: skip

NAMES = (
    "Aït Ouzzine", "Sidi Bouali", "Tazrout Oufella", "Oued Lakhdar", "Aïn Tasskourt", "Douar Jdid", "Bni Khaldoun",
    "Tighza", "Imi n'Ouaka", "Oulad Rahmoun", "Foum Jemaa", "Tassa Ouirgane",
)  # fmt: skip

PROCEDURES = (
    ("AOO", "Appel d'offres ouvert", 70),
    ("AOS", "Appel d'offres ouvert simplifié", 18),
    ("CONCA", "Concours Architectural", 3),
    ("CAO", "Consultation architecturale ouverte", 3),
    ("AMI", "Appel à manifestation d'intérêt", 2),
    ("AOPP", "Appel d’offres avec présélection – Partenariat Public-Privé – Phase 1", 1),
    ("MNAP", "Marché négocié avec publicité préalable - Phase 1", 3),
)

PLACES = (
    "RABAT", "SALE", "KENITRA", "FES", "MEKNES", "TAZA", "TAOUNATE", "OUJDA-ANGAD", "NADOR", "BERKANE", "AL HOCEIMA",
    "TETOUAN", "LARACHE", "MDIQ-FNIDEQ", "CASABLANCA", "SETTAT", "EL JADIDA", "MARRAKECH", "SAFI",
    "EL KELAA DES SRAGHNA", "BENI MELLAL", "AZILAL", "ERRACHIDIA", "OUARZAZATE", "ZAGORA", "AGADIR IDA OU TANANE",
    "TIZNIT", "CHTOUKA-AIT BAHA", "GUELMIM", "SIDI IFNI", "LAAYOUNE", "ES-SEMARA", "DAKHLA", "MAROC",
    "Wilaya de Rabat", "Province d'Al Hoceima", "Wialaya de Casablanca Anfa",
)  # fmt: skip

QUALIFICATIONS = (
    "Secteur : A / Construction, Qualification : A.1 / Travaux de bâtiment, Classe : 4",
    "Secteur : C / Eau potable, Qualification : C.2 / Conduites, Classe : 3",
)
ANSWERS = ("reponse-elec-oblig-avec-signature", "reponse-elec-avec-signature", "reponse-elec-non")
LOT_TITLES = (
    "Gros oeuvre", "Électricité et éclairage public", "Mobilier scolaire", "Matériel de laboratoire", "Plomberie",
    "Équipement de cuisine",
)  # fmt: skip
