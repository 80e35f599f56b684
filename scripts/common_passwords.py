"""Write masteria/kit/common_passwords.txt: passwords of ten letters and more that everybody tries first.

They are put together from the words and habits that people make passwords of, in Portuguese, Spanish and English; the
file is committed, so this runs only when the habits below change: python scripts/common_passwords.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "masteria" / "kit" / "common_passwords.txt"
LEAST = 10

WORDS = """
password passwords senha senhas contrasena clave admin administrador administrator root user usuario usuaria login
welcome bemvindo bemvinda bienvenido bienvenida master mestre teste test testing prueba mudar cambiar change changeme
letmein deixaeu entrar acesso acceso access secret segredo secreto secreta whatsapp zap zapzap masteria facebook
instagram google gmail hotmail outlook internet computador computadora windows iphone android samsung motorola
brasil brazil saopaulo riodejaneiro rio bahia minas curitiba recife fortaleza salvador brasilia manaus portugal lisboa
argentina mexico colombia chile peru espana madrid barcelona buenosaires uruguay venezuela ecuador
flamengo corinthians palmeiras santos saopaulofc vasco botafogo fluminense gremio internacional cruzeiro atletico
bahiaec sport nautico ceara futebol football futbol soccer realmadrid bocajuniors riverplate america liverpool chelsea
arsenal manchester juventus neymar ronaldo ronaldinho messi pele maradona
jesus jesuscristo deus deusefiel deusemeupai dios diosesamor senhor senhorjesus cristo maria mariajose nossasenhora
aparecida saojorge fe fiel amor amorzinho meuamor teamo teamomucho tequiero tevoglio eusoufoda euteamo amordemivida
minhavida mivida vida princesa principe rainha rei reina gatinha gatinho gata gato cachorro perro perrito bebe bebezinho
familia family mamae papai mae pai madre padre mama papa filho filha hijo hija irmao irma hermano hermana
amigo amiga amigos amigas feliz felicidade felicidad saudade alegria alegrias esperanza esperanca liberdade libertad
estrela estrella sol lua luna mar praia playa verao verano casa carro moto musica music guitarra rock samba
chocolate cerveja cerveza banana laranja morango pizza cafe cafezinho
iloveyou loveyou lovely love baby babygirl angel princess sunshine superman batman spiderman pokemon naruto goku
dragonball starwars matrix harrypotter minecraft fortnite roblox freefire playstation xbox nintendo mario
monkey dragon tiger lion eagle shadow killer hunter ninja warrior knight king queen prince diamond silver golden
football baseball basketball hockey volleyball flower butterfly rainbow summer winter spring autumn
januaryfebruary janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
enero febrero marzo mayo junio julio septiembre octubre noviembre diciembre monday friday segunda sexta sabado domingo
empresa company loja tienda store vendas ventas sales suporte soporte support financeiro marketing escritorio oficina
trabalho trabajo work job cliente clientes atendimento secretaria gerente diretor chefe jefe boss
temporario temporal temporary provisoria default guest convidado invitado public publico servidor server database
qwerty asdfgh zxcvbn qazwsx abcdef abcabc aaaaaa blahblah whatever nothing trustno fuckyou foda caralho porra merda
""".split()
NAMES = """
ana maria jose joao antonio francisco carlos paulo pedro lucas luiz luis marcos gabriel rafael daniel marcelo bruno
eduardo felipe raimundo rodrigo manoel mateus andre fernando fabio leonardo gustavo guilherme leandro tiago thiago
anderson ricardo marcio jorge sebastiao alexandre roberto edson diego vitor sergio claudio matheus joaquim renato
adriano vinicius caio igor henrique samuel arthur bernardo heitor davi miguel theo lorenzo enzo nicolas
adriana aline amanda andrea beatriz bianca bruna camila carla carolina claudia cristina daniela debora denise eduarda
elaine eliane fernanda gabriela giovanna helena isabela isabella jessica joana juliana julia karina larissa laura leticia
livia luana luciana luiza manuela marcia mariana marina michele monica natalia patricia paula priscila rafaela raquel
renata roberta rosana sabrina sandra sara silvia simone sofia sonia tatiana tereza thais valentina vanessa vera vitoria
viviane yasmin alejandro alvaro andres angel arturo cesar cristian david emilio enrique esteban javier jesus juan
manuel mario martin mauricio oscar pablo ramon raul ruben santiago sebastian victor alejandra angela carmen catalina
diana elena esther gloria guadalupe ines isabel josefina lucia margarita marta mercedes pilar rocio rosario susana
teresa veronica virginia ximena michael jennifer jessica ashley matthew joshua andrew christopher william james robert
john thomas charles joseph richard elizabeth jordan taylor brandon justin nicole amber melissa stephanie hannah
""".split()
YEARS = [str(year) for year in (*range(1980, 2011), *range(2020, 2031))]
RECENT = YEARS[-11:]
DIGITS = [
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "123456789",
    "321",
    "111",
    "000",
    "10",
    "01",
    "007",
    "2020",
]
SIGNS = ["", "!", "@", ".", "#", "*"]
KEYS = [
    "1234567890",
    "0987654321",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
    "qazwsxedcrfv",
    "1q2w3e4r5t6y",
]
SAID = """
correcthorsebatterystaple eusoudeus deusnocomando deusebomotempotodo jesustebendiga amordaminhavida teamoparasempre
senhasenha passwordpassword qwertyqwerty abc123abc123 123abc123abc a1b2c3d4e5 a1s2d3f4g5 aabbccddee abcd123456 abcde12345
q1w2e3r4t5 1q2w3e4r5t zaq12wsxcde3 qwer1234qwer asdf1234asdf 123qwe123qwe qwe123qwe123 1234qwerasdf q1w2e3r4t5y6
naoseiasenha naotemsenha esqueciasenha minhasenha minhasenha1 minhasenha123 senhaforte senhaforte1 senhaforte123
senhasegura senhasegura123 senhadificil naolembro123 nolorecuerdo micontrasena micontrasena1 contrasena123 clavesegura
clavesecreta mypassword mypassword1 mypassword123 thisismypassword ilovejesus ilovemyself iloveyousomuch letmeinnow
letmeinplease opensesame openseSame1 abretesesamo abretesezamo trustno1trustno1 whateverworks computer123 superstar1
p@ssw0rd123 passw0rd1234 p4ssw0rd1234 adminadmin adminadmin123 administrador1 administrador123 rootrootroot
testetestes testeteste testetest1 testtesttest welcome2masteria masteria2024 masteria2025 masteria2026 masteria-demo1
""".split()


def sequences() -> set[str]:
    """Runs along the keyboard and the alphabet, forwards and backwards, and short things said again and again."""
    runs = [*KEYS, "abcdefghijklmnopqrstuvwxyz", "01234567890123456789"]
    runs += [run[::-1] for run in runs]
    found = {run[at : at + size] for run in runs for size in range(LEAST, 17) for at in range(len(run) - size + 1)}
    found |= {letter * size for letter in "0123456789abcdefghijklmnopqrstuvwxyz" for size in range(10, 13)}
    found |= {
        (part * 8)[:size]
        for part in ("12", "123", "1234", "12345", "abc", "qwe", "asd", "102030", "112233")
        for size in (10, 12)
    }
    return found | {"1020304050", "1122334455", "1231231231", "1472583690", "7894561230", "9876543210", "5544332211"}


def habits() -> set[str]:
    """A word or a name, then a year, a few digits, a sign; with a capital or without is the same to whoever asks."""
    found = {word + tail for word, tail in product(WORDS, [*DIGITS, *YEARS])}
    found |= {name + tail for name, tail in product(NAMES, [*DIGITS, *RECENT])}
    found |= {f"{word}{tail}{sign}" for word, tail, sign in product(WORDS[:60], ("1", "123", "1234"), SIGNS)}
    found |= {
        f"{word}@{tail}"
        for word, tail in product([*WORDS[:60], *NAMES[:80]], ("1", "123", "1234", "12345", "2024", "2025", "2026"))
    }
    found |= {word + word for word in [*WORDS, *NAMES]}
    return found | {*SAID, *(word for word in [*WORDS, *NAMES])}


def main() -> None:
    found = sorted(p.lower() for p in sequences() | habits() if len(p) >= LEAST)
    TARGET.write_text("\n".join(dict.fromkeys(found)) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(set(found))} passwords, {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
