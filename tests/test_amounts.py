"""Money in eight languages: hand-worked tables, and time that grows no faster than the text."""
from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from conftest import PATTERNS as HERE
from timing import grows_too_fast, seconds

from extract_deals import MoneyGrammar, compile_money, find_money

SHARED = yaml.safe_load((HERE / "currencies.yaml").read_text(encoding="utf-8"))
LANGUAGES = [c for c in ["ro", "it", "es", "en", "nl", "fr", "de", "pt"] if (HERE / f"{c}.yaml").exists()]


def load(language: str) -> dict:
    return yaml.safe_load((HERE / f"{language}.yaml").read_text(encoding="utf-8"))


GRAMMARS: dict[str, MoneyGrammar] = {language: compile_money(load(language), SHARED) for language in LANGUAGES}
GRAMMARS["xx"] = compile_money({}, SHARED)

# language, then lines of: text | expected mentions, each "value currency modifier" or "low..high currency"; none where there is no money.
# k, M, G and T stand for 10^3, 10^6, 10^9 and 10^12; "~i" marks an implied currency.
TABLE = {
    "en": """
        raised $61B at a premium | 61G USD
        a £40billion plan | 40G GBP
        about US$125 bil | 125G USD approx
        a $1.5-billion deal | 1.5G USD
        Rs 43,574 crore | 435.74G INR
        It raised 720 crore; the rival raised $5 million | 7.2G INR ~i; 5M USD
        It has 5 crore users |
        It was fined a record 4.34 billion euros, later cut to 4.125 billion. | 4.34G EUR; 4.125G EUR ~i
        They cut their targets to 170 and 185 dollars | 170 USD; 185 USD
        losses of 5 and 10 billion dollars | 5G USD; 10G USD
        The Boeing 737 and 5 million dollars | 5M USD
        in 2024 and 5 million dollars in 2025 | 5M USD
        4.62 lakh crore rupees | 4.62T INR
        half a billion dollars | 500M USD
        two-and-a-half billion dollars | 2.5G USD
        one hundred and twenty-five million euros | 125M EUR
        50 cents a share | 0.5 USD
        a $10 billion-plus deal | 10G USD more_than
        It sold for $US27.7 billion ($37.6 billion), the Australian firm said | 27.7G USD; 37.6G AUD
        C$5 billion ($3.6 billion) | 5G CAD; 3.6G USD
        $10-15 billion | 10G..15G USD
        $10 to $15 billion | 10G..15G USD
        between $50 billion and $60 billion | 50G..60G USD
        $5 million-$6 million | 5M..6M USD
        worth 20 million levs ($10.9 million/10.2 million euro) | 20M BGN; 10.9M USD; 10.2M EUR
        the firm's 1/2 million |
        AUD-200 million and NZD-3 billion | 200M AUD; 3G NZD
        the plus-5 million club |
        it fell from $10 billion to $5 billion | 10G USD; 5G USD
        revenue rose from 5 to 10 billion dollars | 5G USD; 10G USD
        it expects from 5 to 10 billion dollars | 5G..10G USD
        sales grew to $66 billion | 66G USD
        it nearly doubled to $5bn | 5G USD
        nearly $5bn | 5G USD approx
        as much as $7 million | 7M USD equal_or_less
        no more than $7 million | 7M USD equal_or_less
        at least $7 million | 7M USD equal_or_more
        the bill could exceed the $7 million | 7M USD more_than
        just under $7 million | 7M USD less_than
        $7 million or more | 7M USD equal_or_more
        a fund of $500k | 500k USD
        billions of dollars | vague USD
        EUR 10,50 | 10.5 EUR
        five dollars and ten cents | 5.1 USD
        ¥5 trillion ($33 billion) | 5T JPY; 33G USD
        10 billion Hong Kong dollars | 10G HKD
        Samsung's 16.5 trillion won contract | 16.5T KRW
        a loss of -$5 million | -5M USD
        It raised $5bn and was valued at 157 billion. | 5G USD; 157G USD ~i
        It raised $5bn for a model with 70 billion parameters | 5G USD
        It raised $5bn and has 10 million weekly users | 5G USD
        3 million shares at $12.50 | 12.5 USD
        10 million users and 5,000 GPUs in 2024 |
        the H100, GPT-4 and the 8-K of 2024 |
        500 pounds of sugar |
        in 2016 it won 12 awards |
        a billion-dollar deal | vague USD
        10 U.S. cents a share | 0.1 USD
        a 10% stake, 1.2 gigawatts, call 555-1234 |
        AMD 5 billion chips |
        twelve hundred million dollars | 1.2G USD
        between a thousand and two thousand dollars | 1k..2k USD
        1 billion and 300 million dollars | 1.3G USD
        between 1 billion and 300 million dollars | 1G USD ~i; 300M USD
        $2 billion and 300 million euros | 2G USD; 300M EUR
        300 million and 2 billion dollars | 300M USD ~i; 2G USD
        Acme paid €2 billion (about $2.3 billion) and invested another 300 million | 2G EUR; 2.3G USD approx; 300M EUR ~i
        Acme paid €2 billion, Bolt about $3 billion and invested another 300 million | 2G EUR; 3G USD approx; 300M USD ~i
        Denmark's Acme paid 5 billion kroner | 5G DKK
        It borrowed 10 billion Hong Kong dollars and 5 billion dollars | 10G HKD; 5G USD
        It pays in euros, 3 million users said |
        4 billion dollars, 3 billion of it in euros | 4G USD; 3G USD ~i
        a quarter of a billion euros | 250M EUR
        """,
    "nl": """
        26,2 miljard euro | 26.2G EUR
        betaalde in 2016 26,2 miljard dollar | 26.2G USD
        10.000 miljard won | 10T KRW
        € 49,99 per maand | 49.99 EUR
        vijfentwintig euro | 25 EUR
        tweeëntwintig euro | 22 EUR
        tweehonderdvijftig miljoen dollar | 250M USD
        anderhalf miljard euro | 1.5G EUR
        een half miljard dollar | 500M USD
        de omzet steeg tot 66 miljard dollar | 66G USD
        boetes tot 66 miljoen dollar | 66M USD equal_or_less
        van 5 tot 10 miljard dollar | 5G..10G USD
        steeg van 5 naar 10 miljard dollar | 5G USD; 10G USD
        tussen de 50 en 60 miljard dollar | 50G..60G USD
        7 à 8 miljard euro | 7G..8G EUR
        7-8 miljard euro | 7G..8G EUR
        ruim 5 mln euro | 5M EUR more_than
        dik 5 miljoen euro | 5M EUR more_than
        zo'n 3 biljoen dollar | 3T USD approx
        bijna 3 miljard dollar | 3G USD approx
        minstens 3 miljard dollar | 3G USD equal_or_more
        maximaal 3 miljard dollar | 3G USD equal_or_less
        minder dan 3 miljard dollar | 3G USD less_than
        twee miljard euro of meer | 2G EUR equal_or_more
        €5,- | 5 EUR
        10 miljard dollardeal | 10G USD
        een 10-miljard-dollar-deal | 10G USD
        tientallen miljarden dollars | vague USD
        honderdduizend euro | 100k EUR
        100.000 euro | 100k EUR
        US$ 5 mrd | 5G USD
        27,50 euro per aandeel | 27.5 EUR
        2.5 miljard dollar | 2.5G USD
        13 miljard Hongkongse dollar | 13G HKD
        drie euro en vijftig cent | 3.5 EUR
        40 tot 50 euro | 40..50 EUR
        bijna 30 procent naar 5 miljard euro | 5G EUR
        Na een ronde van 5 miljard dollar volgde een transactie van 6,6 miljard | 5G USD; 6.6G USD ~i
        Het kost 5 miljard dollar en telt 6 miljoen gebruikers | 5G USD
        500 miljoen gebruikers |
        2,5 gigawatt, 800.000 chips |
        in 2016 en 2017 |
        twaalfhonderd miljoen euro | 1.2G EUR
        tweeduizend driehonderd miljoen euro | 2.3G EUR
        duizend tweehonderd miljoen euro | 1.2G EUR
        1 miljard en 200 miljoen euro | 1.2G EUR
        Betaalde 2 miljard euro (omgerekend zo'n 2,3 miljard dollar) en investeerde nog eens 300 miljoen | 2G EUR; 2.3G USD approx; 300M EUR ~i
        Het Zweedse bedrijf betaalde 5 miljard kronen | 5G SEK
        pompt acht ton in het bedrijf | 800k EUR ~i
        de prijs is zes ton euro | 600k EUR
        kocht acht ton staal voor 5 miljoen euro | 5M EUR
        betaalt 50 euro per ton voor 3 miljoen ton erts | 50 EUR
        betaalt 50 euro en verkocht 5.000 ton | 50 EUR
        een lening van twee tot drie ton | 200k..300k EUR ~i
        Dat is 4 miljard dollar. In euro's: 3,8 miljard | 4G USD; 3.8G EUR
        tweeënhalf miljoen euro | 2.5M EUR
        drieënhalf miljard euro | 3.5G EUR
        """,
    "de": """
        eine 500-Millionen-Dollar-Finanzierung | 500M USD
        eine halbe Milliarde Euro | 500M EUR
        3,5 Mrd. Euro | 3.5G EUR
        120 Mio. Dollar | 120M USD
        10 Mrd. USD | 10G USD
        vierhundertfünfzig Euro | 450 EUR
        1,4 Billionen Dollar | 1.4T USD
        zwischen 50 und 60 Milliarden Dollar | 50G..60G USD
        rund 10 Milliarden US-Dollar | 10G USD approx
        knapp 10 Milliarden Euro | 10G EUR approx
        gut 10 Milliarden Euro | 10G EUR more_than
        über 10 Milliarden Euro | 10G EUR more_than
        mindestens 10 Milliarden Euro | 10G EUR equal_or_more
        bis zu 10 Milliarden Euro | 10G EUR equal_or_less
        weniger als 10 Milliarden Euro | 10G EUR less_than
        knapp unter 5 Mrd € | 5G EUR less_than
        der Umsatz stieg von 5 auf 10 Milliarden Euro | 5G EUR; 10G EUR
        5 bis 6 Milliarden Euro | 5G..6G EUR
        5-6 Mrd. Euro | 5G..6G EUR
        anderthalb Milliarden Euro | 1.5G EUR
        zweieinhalb Millionen Franken | 2.5M CHF
        fünfundzwanzig Euro | 25 EUR
        fuenfundzwanzig Euro | 25 EUR
        5.000 Euro | 5k EUR
        5,50 Euro | 5.5 EUR
        CHF 1'200 | 1200 CHF
        Fr. 20.50 | 20.5 CHF
        zehn Euro und fünfzig Cent | 10.5 EUR
        mehrere Milliarden Dollar | vague USD
        einhundert Millionen Euro | 100M EUR
        hunderttausend Euro | 100k EUR
        eine Milliarde Dollar | 1G USD
        15 Milliarden Hongkong-Dollar | 15G HKD
        200 Milliarden Yen | 200G JPY
        50 Millionen Euro oder mehr | 50M EUR equal_or_more
        Für 5 Milliarden Euro gekauft, nach 3 Milliarden im Vorjahr | 5G EUR; 3G EUR ~i
        Die Runde bringt 5 Mrd. Euro bei 10 Millionen Nutzern | 5G EUR
        10 Millionen Nutzer |
        im Jahr 2016, 2,5 Gigawatt |
        achthundert Mitarbeiter, 3.000 GPUs |
        tausendzweihundert Millionen Euro | 1.2G EUR
        1 Milliarde und 200 Millionen Euro | 1.2G EUR
        Der argentinische Konzern zahlte 5 Milliarden Pesos | 5G ARS
        Das sind 4 Milliarden Dollar. In Euro: 3,8 Milliarden | 4G USD; 3.8G EUR
        eine Viertelmilliarde Dollar | 250M USD
        eine Dreiviertelmillion Euro | 750k EUR
        """,
    "fr": """
        3,5 Md€ | 3.5G EUR
        3,5 Mds€ | 3.5G EUR
        12,5 M€ | 12.5M EUR
        5 k€ | 5k EUR
        5 G$ | 5G USD
        50 M$ | 50M USD
        250 MUSD | 250M USD
        1 400 milliards de dollars | 1.4T USD
        1\u202f400 milliards d’euros | 1.4T EUR
        1\u00a0400 milliards d'euros | 1.4T EUR
        quatre-vingt-dix millions d'euros | 90M EUR
        soixante-dix-sept euros | 77 EUR
        vingt et un euros | 21 EUR
        un milliard et demi d'euros | 1.5G EUR
        un demi-milliard de dollars | 500M USD
        jusqu'à 5 milliards de dollars | 5G USD equal_or_less
        plus de 5 milliards de dollars | 5G USD more_than
        près de 5 milliards de dollars | 5G USD approx
        quelque 5 milliards de dollars | 5G USD approx
        au moins 5 milliards de dollars | 5G USD equal_or_more
        moins de 5 milliards de dollars | 5G USD less_than
        le prix dépasserait les 5 milliards de dollars | 5G USD more_than
        entre 50 et 60 milliards d’euros | 50G..60G EUR
        de 5 à 10 milliards d'euros | 5G..10G EUR
        il est passé de 5 à 10 milliards d'euros | 5G EUR; 10G EUR
        des milliards de dollars | vague USD
        des centaines de millions d'euros | vague EUR
        une centaine de millions d'euros | 100M EUR approx
        10 euros et 50 centimes | 10.5 EUR
        trois cents millions de dollars | 300M USD
        200 millions de dollars américains | 200M USD
        10 $ CA | 10 CAD
        5 millions $ | 5M USD
        deux cent mille euros | 200k EUR
        mille euros | 1k EUR
        38 milliards de dollars (35 milliards d'euros) | 38G USD; 35G EUR
        Levée de 5 milliards d'euros, dont un prêt de 2 milliards | 5G EUR; 2G EUR ~i
        5 milliards d'euros pour 10 millions d'utilisateurs | 5G EUR
        10 millions d'utilisateurs |
        5 milliards de paramètres, 2,5 gigawatts |
        en 2016 |
        mille deux cents millions d'euros | 1.2G EUR
        mille cinq cents euros | 1500 EUR
        entre mille et deux mille euros | 1k..2k EUR
        1 milliard et 200 millions d'euros | 1.2G EUR
        2 milliards d'euros, soit environ 2,3 milliards de dollars, et investi 300 millions | 2G EUR; 2.3G USD approx; 300M EUR ~i
        Le groupe chilien a payé 5 milliards de pesos | 5G CLP
        4 milliards de dollars. En euros : 3,8 milliards | 4G USD; 3.8G EUR
        trois quarts de milliard de dollars | 750M USD
        """,
    "pt": """
        receitas de 531 milhões de euros, contra 483 milhões de um ano antes | 531M EUR; 483M EUR ~i
        R$ 3,5 bilhões | 3.5G BRL
        R$ 10 mi | 10M BRL
        US$ 10 bi | 10G USD
        40 mil milhões de dólares | 40G USD
        1,4 biliões de euros | 1.4T EUR
        1,4 trilhão de dólares | 1.4T USD
        vinte e cinco mil euros | 25k EUR
        R$ 1.200,50 | 1200.5 BRL
        R$ 5 mil | 5k BRL
        meio bilhão de dólares | 500M USD
        um bilhão e meio de reais | 1.5G BRL
        entre 50 e 60 milhões de euros | 50M..60M EUR
        de US$ 5 bilhões para US$ 10 bilhões | 5G USD; 10G USD
        passou de 5 para 10 mil milhões de euros | 5G EUR; 10G EUR
        cerca de US$ 6,6 bilhões | 6.6G USD approx
        quase US$ 6,6 bilhões | 6.6G USD approx
        mais de US$ 6,6 bilhões | 6.6G USD more_than
        menos de US$ 6,6 bilhões | 6.6G USD less_than
        pelo menos US$ 6,6 bilhões | 6.6G USD equal_or_more
        até 5 mil milhões de euros | 5G EUR equal_or_less
        as vendas cresceram até 5 mil milhões de euros | 5G EUR
        pode ultrapassar os 5 milhões de euros | 5M EUR more_than
        5 a 6 mil milhões de euros | 5G..6G EUR
        US$ 5 a US$ 6 bilhões | 5G..6G USD
        mil milhões de euros | 1G EUR
        dezenas de milhares de milhões de euros | vague EUR
        bilhões de dólares | vague USD
        quinhentos euros | 500 EUR
        dez mil euros | 10k EUR
        10 euros e 50 cêntimos | 10.5 EUR
        US$ 38 bi e R$ 5 mil | 38G USD; 5k BRL
        uma dezena de milhões de euros | 10M EUR approx
        100 milhões de libras esterlinas | 100M GBP
        300 milhões de francos suíços | 300M CHF
        40 milhões de euros ou mais | 40M EUR equal_or_more
        100 milhoes de dolares | 100M USD
        Investiu US$ 5 bilhões; o acordo vale 7 bilhões | 5G USD; 7G USD ~i
        10 milhões de utilizadores |
        10 mil funcionários, 2,5 gigawatts |
        em 2016 |
        mil e duzentos milhões de euros | 1.2G EUR
        entre mil e dois mil milhões de euros | 1G..2G EUR
        1 bilhão e 200 milhões de reais | 1.2G BRL
        O grupo colombiano pagou 5 bilhões de pesos | 5G COP
        4 mil milhões de dólares. Em euros: 3,8 mil milhões | 4G USD; 3.8G EUR
        um quarto de bilhão de dólares | 250M USD
        um aporte de R$ 5 a 7 milhões | 5M..7M BRL
        caiu de R$ 7 milhões a R$ 5 milhões | 7M BRL; 5M BRL
        """,
    "es": """
        un ebita de 531 millones de euros, frente a los 483 millones de un año antes | 531M EUR; 483M EUR ~i
        Recortaron sus objetivos a 170 y 185 dólares | 170 USD; 185 USD
        10.000 millones de dólares | 10G USD
        US$ 10,000 millones | 10G USD
        US$3,5 millones | 3.5M USD
        US$ 3.5 millones y US$ 1,250 millones | 3.5M USD; 1.25G USD
        61 000 millones de euros | 61G EUR
        35 mil mdd | 35G USD
        500 mdp | 500M MXN
        mil millones de euros | 1G EUR
        cien mil dólares | 100k USD
        5.6 millones de euros | 5.6M EUR
        10 euros y 50 céntimos | 10.5 EUR
        treinta y cinco millones de pesos argentinos | 35M ARS
        1,4 billones de dólares | 1.4T USD
        medio millón de euros | 500k EUR
        un millón y medio de dólares | 1.5M USD
        tres mil quinientos millones de dólares | 3.5G USD
        10 mil 500 millones de dólares | 10.5G USD
        entre 5 y 6 mil millones de euros | 5G..6G EUR
        5.000 o 6.000 millones de euros | 5G..6G EUR
        de 5 a 10 millones de euros | 5M..10M EUR
        pasó de 5.000 a 10.000 millones de dólares | 5G USD; 10G USD
        crecieron hasta los 66.000 millones de euros | 66G EUR
        hasta 5.000 millones de euros | 5G EUR equal_or_less
        más de U$S 13.000 millones | 13G USD more_than
        al menos U$S 8.000 millones | 8G USD equal_or_more
        unos 300 millones de euros | 300M EUR approx
        menos de 300 millones de euros | 300M EUR less_than
        podría superar los 300 millones de euros | 300M EUR more_than
        300 millones de euros o más | 300M EUR equal_or_more
        decenas de miles de millones de dólares | vague USD
        miles de millones de dólares | vague USD
        un billón 200 mil millones de dólares | 1.2T USD
        100.000 millones de pesos chilenos | 100G CLP
        S/ 500 millones | 500M PEN
        $20 dólares | 20 USD
        2 mil 500 pesos mexicanos | 2500 MXN
        1.234,56 euros | 1234.56 EUR
        38.000 millones de dólares (35.000 millones de euros) | 38G USD; 35G EUR
        Pagó 5.000 millones de dólares; invirtió otros 2.000 millones en chips | 5G USD; 2G USD ~i
        800 millones de usuarios |
        mil millones de parámetros |
        2,5 gigavatios, en 2016 |
        mil doscientos millones de euros | 1.2G EUR
        mil ochocientos cincuenta millones de dólares | 1.85G USD
        mil quinientos euros | 1500 EUR
        entre mil y dos mil millones de euros | 1G..2G EUR
        entre dos mil y tres mil millones de euros | 2G..3G EUR
        entre mil y mil quinientos millones de euros | 1G..1.5G EUR
        entre 500 mil y 2 millones de euros | 500k..2M EUR
        3 millones y 500 mil dólares | 3.5M USD
        Pagó 30.000 millones de pesos argentinos. La deuda suma 5.000 millones de pesos | 30G ARS; 5G ARS
        El estadio vale, en moneda argentina, unos 12 billones de pesos | 12T ARS approx
        Pagó U$S 200 millones y debe 5.000 millones de pesos | 200M USD; 5G ARS
        La chilena Acme pagó 5.000 millones de pesos | 5G CLP
        BUENOS AIRES.- La empresa pagó 5.000 millones de pesos | 5G ARS
        Pagó 300 millones de pesos mexicanos a la argentina Bolt, y luego 20 millones de pesos | 300M MXN; 20M MXN
        Pagó 5.000 millones de pesos. El total es de 9.000 millones de pesos colombianos | 5G COP; 9G COP
        Acme invertirá 300 millones de pesos | 300M MXN
        Son 4.000 millones de dólares. En euros: 3.800 millones | 4G USD; 3.8G EUR
        casi un cuarto de millón de euros | 250k EUR approx
        tres cuartos de millón de dólares | 750k USD
        """,
    "it": """
        un Ebita di 531 milioni di euro, contro i 483 milioni di un anno prima | 531M EUR; 483M EUR ~i
        35 mld dlr | 35G USD
        7mila euro | 7k EUR
        9,99 milioni di euro | 9.99M EUR
        2,5 trilioni di yen | 2.5T JPY
        oltre 1.400 miliardi di dollari | 1.4T USD more_than
        mille miliardi di euro | 1T EUR
        duemila miliardi di euro | 2T EUR
        10mila miliardi di won | 10T KRW
        due miliardi e mezzo di dollari | 2.5G USD
        mezzo miliardo di euro | 500M EUR
        tra 5,8 e 5,83 miliardi di euro | 5.8G..5.83G EUR
        venticinquemila euro | 25k EUR
        ventuno euro | 21 EUR
        duecentocinquanta milioni di dollari | 250M USD
        da 5 a 10 miliardi di dollari | 5G..10G USD
        è passata da 5 a 10 miliardi di dollari | 5G USD; 10G USD
        decine di miliardi di dollari | vague USD
        5 milioni di euro circa | 5M EUR approx
        circa 5 milioni di euro | 5M EUR approx
        almeno 5 milioni di euro | 5M EUR equal_or_more
        meno di 5 milioni di euro | 5M EUR less_than
        fino a 100 miliardi di dollari | 100G USD equal_or_less
        i ricavi sono saliti fino a 100 milioni di dollari | 100M USD
        potrebbe superare i 10 miliardi di dollari | 10G USD more_than
        5 milioni di euro o più | 5M EUR equal_or_more
        Euro 10 milioni | 10M EUR
        100 mila euro | 100k EUR
        1,789 euro al litro | 1.789 EUR
        3 euro e 50 centesimi | 3.5 EUR
        cento miliardi di dollari | 100G USD
        5 mln € | 5M EUR
        un miliardo di dollari | 1G USD
        7-8 miliardi di euro | 7G..8G EUR
        dieci o dodici miliardi di euro | 10G..12G EUR
        una cinquantina di milioni di euro | 50M EUR approx
        38 mila miliardi di lire | 38T ITL
        40 milioni di sterline | 40M GBP
        12 milioni di dollari canadesi | 12M CAD
        Una transazione da 6,6 miliardi, poi 5 miliardi di dollari | 6.6G USD ~i; 5G USD
        5 miliardi di dollari per 10 milioni di utenti | 5G USD
        10 milioni di utenti |
        2,5 gigawatt nel 2016, tremila dipendenti |
        milleduecento milioni di euro | 1.2G EUR
        mille e duecento milioni di euro | 1.2G EUR
        tra mille e duemila milioni di euro | 1G..2G EUR
        1 miliardo e 300 milioni di dollari | 1.3G USD
        tra 1 miliardo e 300 milioni di dollari | 1G USD ~i; 300M USD
        tra 1 miliardo e 1 miliardo e 300 milioni di euro | 1G..1.3G EUR
        2 milioni e 300 mila euro | 2.3M EUR
        Investe 1,3 miliardi di euro (circa un miliardo e mezzo di dollari) nella raccolta da 1,7 miliardi | 1.3G EUR; 1.5G USD approx; 1.7G EUR ~i
        Investe 1,3 miliardi di euro – pari a circa 1,5 miliardi di dollari – nella raccolta da 1,7 miliardi | 1.3G EUR; 1.5G USD approx; 1.7G EUR ~i
        La danese Acme ha pagato 5 miliardi di corone | 5G DKK
        4 miliardi di euro. In dollari, 4,4 miliardi | 4G EUR; 4.4G USD
        tre quarti di miliardo di dollari | 750M USD
        qualche centinaio di milioni di euro | vague EUR
        i ricavi passano da 5 a 7 milioni di euro | 5M EUR; 7M EUR
        """,
    "ro": """
        40 de miliarde de dolari | 40G USD
        40 miliarde dolari | 40G USD
        120 mil. lei | 120M RON
        5 mld. euro | 5G EUR
        miliardul de dolari | 1G USD
        un miliard de dolari | 1G USD
        două miliarde și jumătate de euro | 2.5G EUR
        7–8 miliarde de euro | 7G..8G EUR
        15-20 de milioane de euro | 15M..20M EUR
        între 5 și 10 miliarde de dolari | 5G..10G USD
        a crescut de la 5 la 10 miliarde de dolari | 5G USD; 10G USD
        zeci de miliarde de dolari | vague USD
        sute de milioane de euro | vague EUR
        două sute de milioane de lei | 200M RON
        doua sute de milioane de lei | 200M RON
        o sută de milioane de euro | 100M EUR
        douăzeci și cinci de milioane de lei | 25M RON
        douăzeci şi cinci de milioane de lei | 25M RON
        până la 5 miliarde de dolari | 5G USD equal_or_less
        pana la 5 miliarde de dolari | 5G USD equal_or_less
        a urcat până la 5 miliarde de dolari | 5G USD
        aproximativ 5 miliarde de dolari | 5G USD approx
        peste 3,2 mld. $ | 3.2G USD more_than
        sub 3,2 miliarde de lei | 3.2G RON less_than
        cel puțin 3,2 miliarde de lei | 3.2G RON equal_or_more
        cel putin 3,2 miliarde de lei | 3.2G RON equal_or_more
        ar putea depăși 10 miliarde de dolari | 10G USD more_than
        jumătate de miliard de dolari | 500M USD
        2.500 de lei | 2500 RON
        25 de bani | 0.25 RON
        10 lei și 50 de bani | 10.5 RON
        1,5 trilioane de dolari | 1.5T USD
        circa 300 milioane EUR | 300M EUR approx
        două mii de dolari | 2k USD
        20 mii lei | 20k RON
        10\u00a0miliarde\u00a0de\u00a0dolari | 10G USD
        30 de milioane de lire sterline | 30M GBP
        12 milioane de dolari canadieni | 12M CAD
        50 de milioane de euro sau mai mult | 50M EUR equal_or_more
        O investiție de 10 miliarde de dolari; titlul „10 miliarde” | 10G USD; 10G USD ~i
        10 milioane de utilizatori |
        2,5 gigawați în 2016, două mii de cipuri |
        o mie două sute de milioane de euro | 1.2G EUR
        1 miliard și 200 de milioane de lei | 1.2G RON
        A plătit 5 milioane de lei moldovenești. Datoria este de 2 milioane de lei | 5M MDL; 2M MDL
        A plătit 5 milioane de lei | 5M RON
        4 miliarde de dolari. În euro: 3,8 miliarde | 4G USD; 3.8G EUR
        trei sferturi de miliard de dolari | 750M USD
        """,
    "xx": """
        USD 5 | 5 USD
        € 12.50 | 12.5 EUR
        5 EUR | 5 EUR
        US$ 1,250 | 1250 USD
        H100, 12.03.2024, 10 % |
        """,
}
UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def number(text: str) -> Decimal:
    return Decimal(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else Decimal(text)


def rows() -> list[tuple[str, str, str]]:
    found = []
    for language in GRAMMARS:
        table = TABLE[language]
        for line in table.strip().splitlines():
            text, _, expected = line.strip().partition(" |")
            found.append((language, text.strip().replace("\\u202f", "\u202f"), expected.strip()))
    return found


def shown(language: str, text: str) -> str:
    out = []
    for money in find_money(text, GRAMMARS[language])[0]:
        assert 0 <= money.start < money.end <= len(text)
        value = "vague" if money.value is None else str(money.value)
        if money.modifier == "range":
            value = f"{money.low}..{money.high}"
        modifier = f" {money.modifier}" if money.modifier not in (None, "vague", "range") else ""
        out.append(f"{value} {money.currency}{modifier}{' ~i' if money.implied else ''}")
    return "; ".join(out)


def plain(expected: str) -> str:
    out = []
    for mention in filter(None, expected.split("; ")):
        head, _, tail = mention.partition(" ")
        parts = head.split("..")
        values = [head] if head == "vague" else [f"{number(part):f}" for part in parts]
        values = [value.rstrip("0").rstrip(".") if "." in value else value for value in values]
        out.append("..".join(values) + " " + tail)
    return "; ".join(out)


@pytest.mark.parametrize(("language", "text", "expected"), rows())
def test_table(language: str, text: str, expected: str) -> None:
    assert shown(language, text) == plain(expected)


SECTION_EXAMPLES = [(code, example) for code in LANGUAGES for example in load(code)["money"].get("examples", ())]
SECTION_NEGATIVES = [(code, text) for code in LANGUAGES for text in load(code)["money"].get("not", ())]


@pytest.mark.parametrize(("language", "example"), SECTION_EXAMPLES)
def test_examples_of_the_section(language: str, example: dict) -> None:
    """The examples of `money` as a whole; those of its rules are in test_examples.py."""
    [found] = find_money(example["text"], GRAMMARS[language])[0]
    assert found.modifier == example.get("modifier")
    for key in example.keys() - {"text"}:
        want = example[key]
        assert getattr(found, key) == (Decimal(str(want)) if isinstance(want, float) else want)


@pytest.mark.parametrize(("language", "text"), SECTION_NEGATIVES)
def test_counter_examples_of_the_section(language: str, text: str) -> None:
    assert find_money(text, GRAMMARS[language])[0] == []


def test_bounds_and_shares() -> None:
    money, shares, others = find_money("at least $8 million for a 27% stake and 5,000 GPUs, up to $9 million", GRAMMARS["en"])
    assert [(m.low, m.high) for m in money] == [(8000000, None), (None, 9000000)]
    assert [share.fraction for share in shares] == [Decimal("0.27")]
    assert len(others) == 1


@pytest.mark.parametrize("unit", ["1", "1.", "1 ", "$", " ", "a", "$1 ", "un ", "million ", "12 345 ", "-", "vijfentwintig", "5%",
                                  "between 5 and ", "1 million users ", "US$", "a\u0301", "tra 5 e 6 ", "d'"])
@pytest.mark.parametrize("language", [code for code in ("en", "it", "de") if code in GRAMMARS])
def test_time_is_linear(unit: str, language: str) -> None:
    def cost(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        return seconds(lambda: find_money(text, GRAMMARS[language]))

    assert not grows_too_fast(cost, 5000, 1_000_000)
